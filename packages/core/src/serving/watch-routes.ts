import type { InferenceService } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type KubeApi, resources } from '@keelson/kube'
import { endpointOfSlice, type InferenceRoute, routeOf, sliceServiceLabel } from './route.rules.ts'

export type RouteTable = {
  /** Resolves after the first complete lists. */
  synced: Promise<void>
  find(workspace: string, name: string): InferenceRoute | null
  stop(): void
}

/** Which endpoint is where, in memory, by watch: the inference path asks nothing else. */
export function watchRoutes(kube: Pick<KubeApi, 'inform'>, signal: AbortSignal): RouteTable {
  const services = kube.inform<InferenceService>(resources.inferenceServices, {}, signal)
  const slices = kube.inform<KubeObject>(resources.endpointSlices, { labelSelector: sliceServiceLabel }, signal)
  const routes = new Map<string, InferenceRoute>()
  const rebuild = (namespace: string, name: string) => {
    const service = services.get({ namespace, name })
    const key = `${namespace}/${name}`
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return void routes.delete(key)
    routes.set(
      key,
      routeOf(
        service,
        slices.list(namespace).filter((slice) => endpointOfSlice(slice) === name),
      ),
    )
  }
  const rebuildAll = () => {
    for (const { metadata } of services.list()) rebuild(metadata.namespace ?? '', metadata.name ?? '')
  }
  const stopServices = services.onEvent(({ object }) =>
    rebuild(object.metadata.namespace ?? '', object.metadata.name ?? ''),
  )
  const stopSlices = slices.onEvent(({ object }) => {
    const name = endpointOfSlice(object)
    if (name !== null) rebuild(object.metadata.namespace ?? '', name)
  })
  const synced = Promise.all([services.synced, slices.synced]).then(rebuildAll)
  synced.catch(() => {})
  return {
    synced,
    find: (workspace, name) => routes.get(`${workspace}/${name}`) ?? null,
    stop: () => {
      stopServices()
      stopSlices()
      services.stop()
      slices.stop()
    },
  }
}
