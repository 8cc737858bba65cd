import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type Informer, type KubeApi, type Resource, resources } from '@keelson/kube'
import { systemClock } from '@keelson/process/clock'
import { sliceServiceLabel } from '../serving/index.ts'
import {
  routeOfWebApp,
  type WebAppKind,
  type WebAppName,
  type WebAppRoute,
  webAppKinds,
  webApps,
} from './web-app.rules.ts'

export type WebAppRoutes = {
  /** Resolves after the first complete lists; not before the cluster has the kinds. */
  synced: Promise<void>
  find(name: WebAppName): WebAppRoute | null
  /** Calls back after a route changed; returns the way to stop. */
  onChange(handler: () => void): () => void
  stop(): void
}

const keyOf = ({ kind, workspace, name }: WebAppName) => `${kind}/${workspace}/${name}`

/** Which web app is where, in memory, by watch. */
export function watchWebAppRoutes(kube: Pick<KubeApi, 'inform' | 'kindsOf'>, signal: AbortSignal): WebAppRoutes {
  const informers = new Map<WebAppKind, Informer<KubeObject>>()
  const slices = kube.inform<KubeObject>(resources.endpointSlices, { labelSelector: sliceServiceLabel }, signal)
  const routes = new Map<string, WebAppRoute>()
  const handlers = new Set<() => void>()
  const serviceOf = (slice: KubeObject) => slice.metadata.labels?.[sliceServiceLabel] ?? ''
  const rebuild = (app: WebAppName) => {
    const { kind, workspace: namespace, name } = app
    const object = informers.get(kind)?.get({ namespace, name })
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      if (!routes.delete(keyOf(app))) return
    } else {
      const service = webApps[kind].service(name)
      const own = slices.list(namespace).filter((slice) => serviceOf(slice) === service)
      routes.set(keyOf(app), routeOfWebApp(kind, object, own))
    }
    for (const handler of handlers) handler()
  }
  const begin = async (kind: WebAppKind) => {
    const { resource } = webApps[kind]
    await untilServed(kube, resource, signal)
    if (signal.aborted) return
    const informer = kube.inform<KubeObject>(resource, {}, signal)
    informers.set(kind, informer)
    informer.onEvent(({ object: { metadata } }) =>
      rebuild({ kind, workspace: metadata.namespace ?? '', name: metadata.name ?? '' }),
    )
    await informer.synced
  }
  const stopSlices = slices.onEvent(({ object }) => {
    for (const kind of webAppKinds) {
      const name = webApps[kind].nameOf(serviceOf(object))
      if (name !== null) rebuild({ kind, workspace: object.metadata.namespace ?? '', name })
    }
  })
  const synced = Promise.all([...webAppKinds.map(begin), slices.synced]).then(() => {})
  synced.catch(() => {})
  return {
    synced,
    find: (name) => routes.get(keyOf(name)) ?? null,
    onChange: (handler) => {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
    stop: () => {
      stopSlices()
      for (const informer of informers.values()) informer.stop()
      slices.stop()
    },
  }
}

const lookEveryMs = 2_000

/** A cluster without a kind has no such objects: nothing is watched, and nothing is complained of. */
async function untilServed(kube: Pick<KubeApi, 'kindsOf'>, resource: Resource, signal: AbortSignal): Promise<void> {
  const { group, version, plural } = resource
  while (!signal.aborted) {
    const kinds = await kube.kindsOf(group, version).catch(() => [])
    if (kinds.some((kind) => kind.plural === plural)) return
    await systemClock.sleep(lookEveryMs, signal)
  }
}
