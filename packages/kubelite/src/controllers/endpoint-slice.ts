import { createHash } from 'node:crypto'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { lastingContainers, type Pod, refOf } from '../node/types.ts'
import { type Cache, openCache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import { isFinished, isPodReady } from './job-types.ts'
import { openWorkQueue, type ReconcileResult } from './work-queue.ts'

type ServicePort = {
  name?: string
  port: number
  targetPort?: number | string
  protocol?: string
  appProtocol?: string
}
export type Service = KubeObject & {
  spec: {
    selector?: Record<string, string>
    ports?: ServicePort[]
    clusterIP?: string
    type?: string
    publishNotReadyAddresses?: boolean
    sessionAffinity?: string
  }
}
type SlicePort = { name: string; port: number; protocol: string; appProtocol?: string }
type Endpoint = {
  addresses: string[]
  conditions: { ready: boolean; serving: boolean; terminating: boolean }
  hostname?: string
  nodeName?: string
  targetRef: { kind: 'Pod'; namespace: string; name: string; uid: string }
}
/** A list without items is left out of answers. */
export type EndpointSlice = KubeObject & { addressType: 'IPv4'; endpoints?: Endpoint[]; ports?: SlicePort[] }
type DesiredSlice = EndpointSlice & { endpoints: Endpoint[]; ports: SlicePort[] }

export const services = { group: '', version: 'v1', plural: 'services' } as const
export const endpointSlices = { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' } as const
const managedBy = 'endpointslice-controller.k8s.io'
const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const serviceLabel = 'kubernetes.io/service-name'

/** Keeps the EndpointSlices of every Service with a selector: who serves it, and who of them is ready. */
export function startEndpointSliceController(context: ControllerContext, podCache: Cache<Pod>): void {
  const { client, log, signal, clock } = context
  const serviceCache = openCache<Service>(client, services, {}, { log, signal })
  const sliceCache = openCache<EndpointSlice>(
    client,
    endpointSlices,
    { labelSelector: `${managedByLabel}=${managedBy}` },
    { log, signal },
  )
  const queue = openWorkQueue({ name: 'endpointslice', clock, log, signal }, async (key) => {
    await Promise.all([serviceCache.synced, sliceCache.synced, podCache.synced])
    const [namespace = '', name = ''] = key.split('/')
    const service = serviceCache.get({ namespace, name })
    const present = sliceCache.list(namespace).filter((slice) => slice.metadata.labels?.[serviceLabel] === name)
    return reconcile(context, sliceCache, service, present, podCache)
  })
  const addService = (object: KubeObject) => queue.add(`${object.metadata.namespace}/${object.metadata.name}`)
  serviceCache.onEvent(({ object }) => addService(object))
  sliceCache.onEvent(({ object }) =>
    queue.add(`${object.metadata.namespace}/${object.metadata.labels?.[serviceLabel]}`),
  )
  podCache.onEvent(({ object }) => {
    for (const service of serviceCache.list(object.metadata.namespace)) if (serves(service, object)) addService(service)
  })
}

const serves = (service: Service, pod: Pod) => {
  const selector = Object.entries(service.spec.selector ?? {})
  return selector.length > 0 && selector.every(([key, value]) => pod.metadata.labels?.[key] === value)
}

async function reconcile(
  { client }: ControllerContext,
  sliceCache: Cache<EndpointSlice>,
  service: Service | undefined,
  present: readonly EndpointSlice[],
  podCache: Cache<Pod>,
): Promise<ReconcileResult> {
  const pods =
    service === undefined ? [] : podCache.list(service.metadata.namespace).filter((pod) => serves(service, pod))
  const wanted =
    service === undefined || service.metadata.deletionTimestamp !== undefined || !service.spec.selector
      ? []
      : desiredSlices(service, pods)
  for (const slice of wanted) {
    const old = present.find((each) => each.metadata.name === slice.metadata.name)
    if (old === undefined) sliceCache.put(await client.create<EndpointSlice>(endpointSlices, slice))
    else if (!sameContent(old, slice)) {
      sliceCache.put(
        await client.update<EndpointSlice>(endpointSlices, {
          ...old,
          endpoints: slice.endpoints,
          ports: slice.ports,
          metadata: { ...old.metadata, labels: { ...old.metadata.labels, ...slice.metadata.labels } },
        }),
      )
    }
  }
  for (const slice of present.filter((each) => !wanted.some((one) => one.metadata.name === each.metadata.name))) {
    await client.delete(endpointSlices, refOf(slice), { uid: slice.metadata.uid ?? '' }).catch((error) => {
      if ((error as { code?: number }).code !== 404) throw error
    })
  }
  return undefined
}

function sameContent(a: EndpointSlice, b: EndpointSlice): boolean {
  const content = (slice: EndpointSlice) => JSON.stringify([slice.endpoints ?? [], slice.ports ?? []])
  return (
    content(a) === content(b) &&
    Object.entries(b.metadata.labels ?? {}).every(([key, value]) => a.metadata.labels?.[key] === value)
  )
}

/** One slice for each set of port numbers: a named port may be another number in each pod. Pure. */
export function desiredSlices(service: Service, pods: readonly Pod[]): DesiredSlice[] {
  const groups = new Map<string, { ports: SlicePort[]; endpoints: Endpoint[] }>()
  const sorted = [...pods].sort((a, b) => (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''))
  for (const pod of sorted) {
    if (isFinished(pod) || !pod.status?.podIP) continue
    const ports = portsFor(service, pod)
    const key = JSON.stringify(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    group.endpoints.push(endpointOf(service, pod, pod.status.podIP))
    groups.set(key, group)
  }
  // A Service that nobody serves has one empty slice, so that it is known to be empty.
  if (groups.size === 0) groups.set('', { ports: [], endpoints: [] })
  return [...groups].map(([key, group]) => sliceOf(service, key, group))
}

function sliceOf(service: Service, key: string, group: { ports: SlicePort[]; endpoints: Endpoint[] }): DesiredSlice {
  const { namespace = '', name = '', uid = '' } = service.metadata
  const suffix = createHash('sha256').update(`${uid}${key}`).digest('hex').slice(0, 5)
  const headless = service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name.slice(0, 57)}-${suffix}`,
      namespace,
      labels: { ...service.metadata.labels, [serviceLabel]: name, [managedByLabel]: managedBy, ...headless },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType: 'IPv4',
    endpoints: group.endpoints,
    ports: group.ports,
  }
}

function portsFor(service: Service, pod: Pod): SlicePort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const target = port.targetPort ?? port.port
    const protocol = port.protocol ?? 'TCP'
    const number = typeof target === 'number' ? target : namedPort(pod, target, protocol)
    if (number === undefined) return []
    return [
      { name: port.name ?? '', port: number, protocol, ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}) },
    ]
  })
}

function namedPort(pod: Pod, name: string, protocol: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name)
  // `FindPort`: the pod's own containers first.
  return lastingContainers(pod.spec)
    .toReversed()
    .flatMap((container) => container.ports ?? [])
    .find((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)?.containerPort
}

function endpointOf(service: Service, pod: Pod, address: string): Endpoint {
  const { namespace = '', name = '', uid = '' } = pod.metadata
  const serving = isPodReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  return {
    addresses: [address],
    conditions: { ready: service.spec.publishNotReadyAddresses ? true : serving && !terminating, serving, terminating },
    ...(hasNameIn(service, pod) ? { hostname: pod.spec.hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
  }
}

/** `ShouldSetHostname` of endpointslice/util: a pod that asks for a name below this Service has it. */
function hasNameIn(service: Service, pod: Pod): pod is Pod & { spec: { hostname: string } } {
  return Boolean(pod.spec.hostname) && pod.spec.subdomain === service.metadata.name
}
