import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type Informer, type KubeApi, resources } from '@keelson/kube'
import { systemClock } from '@keelson/process/clock'
import { sliceServiceLabel } from '../serving/index.ts'
import { type NotebookRoute, notebookRouteOf } from './notebook-route.rules.ts'

export type NotebookRoutes = {
  /** Resolves after the first complete lists; not before the cluster has the kind. */
  synced: Promise<void>
  find(workspace: string, name: string): NotebookRoute | null
  /** Calls back after the route of a notebook changed; returns the way to stop. */
  onChange(handler: () => void): () => void
  stop(): void
}

/** Which notebook is where, in memory, by watch. The Service of a notebook has its name. */
export function watchNotebookRoutes(kube: Pick<KubeApi, 'inform' | 'kindsOf'>, signal: AbortSignal): NotebookRoutes {
  let notebooks: Informer<KubeObject> | null = null
  const slices = kube.inform<KubeObject>(resources.endpointSlices, { labelSelector: sliceServiceLabel }, signal)
  const routes = new Map<string, NotebookRoute>()
  const handlers = new Set<() => void>()
  const serviceOf = (slice: KubeObject) => slice.metadata.labels?.[sliceServiceLabel] ?? ''
  const rebuild = (namespace: string, name: string) => {
    const key = `${namespace}/${name}`
    const notebook = notebooks?.get({ namespace, name })
    if (notebook === undefined || notebook.metadata.deletionTimestamp !== undefined) {
      if (!routes.delete(key)) return
    } else {
      const own = slices.list(namespace).filter((slice) => serviceOf(slice) === name)
      routes.set(key, notebookRouteOf(notebook, own))
    }
    for (const handler of handlers) handler()
  }
  const begin = async () => {
    await untilServed(kube, signal)
    if (signal.aborted) return
    notebooks = kube.inform<KubeObject>(resources.notebooks, {}, signal)
    notebooks.onEvent(({ object }) => rebuild(object.metadata.namespace ?? '', object.metadata.name ?? ''))
    await notebooks.synced
  }
  const stopSlices = slices.onEvent(({ object }) => rebuild(object.metadata.namespace ?? '', serviceOf(object)))
  const synced = Promise.all([begin(), slices.synced]).then(() => {})
  synced.catch(() => {})
  return {
    synced,
    find: (workspace, name) => routes.get(`${workspace}/${name}`) ?? null,
    onChange: (handler) => {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
    stop: () => {
      stopSlices()
      notebooks?.stop()
      slices.stop()
    },
  }
}

const lookEveryMs = 2_000

/** A cluster without the kind has no notebooks: nothing is watched, and nothing is complained of. */
async function untilServed(kube: Pick<KubeApi, 'kindsOf'>, signal: AbortSignal): Promise<void> {
  const { group, version, plural } = resources.notebooks
  while (!signal.aborted) {
    const kinds = await kube.kindsOf(group, version).catch(() => [])
    if (kinds.some((kind) => kind.plural === plural)) return
    await systemClock.sleep(lookEveryMs, signal)
  }
}
