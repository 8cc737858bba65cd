import { availableParallelism, hostname, release, totalmem } from 'node:os'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { KubeliteClient } from '../client.ts'
import { leases, nodes } from './types.ts'

export type NodeObject = KubeObject & { status?: { conditions?: { type: string; status: string }[] } }
type Capacity = { cpu: number; memory: number; pods: number }

export const mostPods = 250
const leaseSeconds = 40
const renewMs = 10_000
const leaseNamespace = 'kube-node-lease'

/** What the machine has: all of it is capacity; the platform's own share is taken off what pods may ask for. */
export function machineCapacity(): { capacity: Capacity; allocatable: Capacity } {
  const capacity = { cpu: availableParallelism(), memory: machineMemory(), pods: mostPods }
  const reserved = Math.min(512 * 2 ** 20, capacity.memory * 0.1)
  return { capacity, allocatable: { ...capacity, memory: Math.floor((capacity.memory - reserved) / 1024) * 1024 } }
}

/** Bytes of memory, or of the limit that this process and its children are held to (a container, a systemd slice). */
function machineMemory(): number {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}

/** A lower-case DNS label made from the machine's name. */
export function defaultNodeName(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
  return name === '' ? 'keelson' : name.slice(0, 63)
}

/** Makes the Node object and its Lease true, and renews the lease until `signal` aborts. */
export async function registerNode(
  client: KubeliteClient,
  options: {
    name: string
    hostIP: string
    network: { mode: 'shared' | 'namespaced'; reason: string }
    version: string
    clock: Clock
    log: Logger
    signal: AbortSignal
  },
): Promise<NodeObject> {
  const { name, network, clock, log, signal } = options
  const existing = await client.find<NodeObject>(nodes, { name })
  const node =
    existing ??
    (await client.create<NodeObject>(nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: labels(name, network.mode) },
      spec: {},
    }))
  const metadata = { labels: labels(name, network.mode), annotations: { [podNetworkAnnotation]: network.reason } }
  await client.patch<NodeObject>(nodes, { name }, { metadata })
  const registered = await client.patch<NodeObject>(nodes, { name }, { status: nodeStatus(options, node) }, 'status')
  void (async () => {
    while (!signal.aborted) {
      await renewLease(client, name, registered.metadata.uid ?? '', clock).catch((error) => {
        if (!signal.aborted) log.warn('lease not renewed', { name, error })
      })
      await clock.sleep(renewMs, signal)
    }
  })()
  return registered
}

const architecture = process.arch === 'x64' ? 'amd64' : process.arch
const system = process.platform === 'win32' ? 'windows' : process.platform

const podNetworkLabel = 'keelson.dev/pod-network'
/** A sentence: which addresses pods have, or why they have none of their own. */
const podNetworkAnnotation = 'keelson.dev/pod-network-reason'

export function labels(name: string, podNetwork: 'shared' | 'namespaced'): Record<string, string> {
  return {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': system,
    'kubernetes.io/arch': architecture,
    [podNetworkLabel]: podNetwork,
  }
}

function nodeStatus(
  { name, hostIP, version, clock }: Parameters<typeof registerNode>[1],
  before: NodeObject,
): Record<string, unknown> {
  const { capacity, allocatable } = machineCapacity()
  const at = `${clock.now().toISOString().slice(0, 19)}Z`
  const quantities = (amounts: Capacity) => ({
    cpu: String(amounts.cpu),
    memory: `${Math.floor(amounts.memory / 1024)}Ki`,
    pods: String(amounts.pods),
  })
  const condition = (type: string, status: string, reason: string, message: string) => {
    const old = before.status?.conditions?.find((each) => each.type === type && each.status === status) as
      | { lastTransitionTime?: string }
      | undefined
    return { type, status, reason, message, lastHeartbeatTime: at, lastTransitionTime: old?.lastTransitionTime ?? at }
  }
  return {
    capacity: quantities(capacity),
    allocatable: quantities(allocatable),
    addresses: [
      { type: 'InternalIP', address: hostIP },
      { type: 'Hostname', address: name },
    ],
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: release(),
      osImage: system,
      containerRuntimeVersion: `keelson://${version}`,
      kubeletVersion: version,
      kubeProxyVersion: '',
      operatingSystem: system,
      architecture,
    },
  }
}

async function renewLease(client: KubeliteClient, name: string, uid: string, clock: Clock): Promise<void> {
  // MicroTime: six decimals.
  const renewTime = clock.now().toISOString().replace('Z', '000Z')
  const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime }
  const ref = { namespace: leaseNamespace, name }
  if (await client.find(leases, ref)) {
    await client.patch(leases, ref, { spec })
    return
  }
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid }]
  await client.create(leases, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...ref, ownerReferences },
    spec,
  })
}
