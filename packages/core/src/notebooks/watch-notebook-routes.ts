import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type KubeApi, resources } from '@keelson/kube'
import { sliceServiceLabel } from '../serving/index.ts'
import { type NotebookRoute, notebookRouteOf } from './notebook-route.rules.ts'

export type NotebookRoutes = {
  /** Resolves after the first complete lists. */
  synced: Promise<void>
  find(workspace: string, name: string): NotebookRoute | null
  /** Calls back after the route of a notebook changed; returns the way to stop. */
  onChange(handler: () => void): () => void
  stop(): void
}

/** Which notebook is where, in memory, by watch. The Service of a notebook has its name. */
export function watchNotebookRoutes(kube: Pick<KubeApi, 'inform'>, signal: AbortSignal): NotebookRoutes {
  const notebooks = kube.inform<KubeObject>(resources.notebooks, {}, signal)
  const slices = kube.inform<KubeObject>(resources.endpointSlices, { labelSelector: sliceServiceLabel }, signal)
  const routes = new Map<string, NotebookRoute>()
  const handlers = new Set<() => void>()
  const serviceOf = (slice: KubeObject) => slice.metadata.labels?.[sliceServiceLabel] ?? ''
  const rebuild = (namespace: string, name: string) => {
    const key = `${namespace}/${name}`
    const notebook = notebooks.get({ namespace, name })
    if (notebook === undefined || notebook.metadata.deletionTimestamp !== undefined) {
      if (!routes.delete(key)) return
    } else {
      const own = slices.list(namespace).filter((slice) => serviceOf(slice) === name)
      routes.set(key, notebookRouteOf(notebook, own))
    }
    for (const handler of handlers) handler()
  }
  const stopNotebooks = notebooks.onEvent(({ object }) =>
    rebuild(object.metadata.namespace ?? '', object.metadata.name ?? ''),
  )
  const stopSlices = slices.onEvent(({ object }) => rebuild(object.metadata.namespace ?? '', serviceOf(object)))
  const synced = Promise.all([notebooks.synced, slices.synced]).then(() => {})
  synced.catch(() => {})
  return {
    synced,
    find: (workspace, name) => routes.get(`${workspace}/${name}`) ?? null,
    onChange: (handler) => {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
    stop: () => {
      stopNotebooks()
      stopSlices()
      notebooks.stop()
      slices.stop()
    },
  }
}
