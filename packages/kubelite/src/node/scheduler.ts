import { parseQuantity } from '../schema/parse-quantity.ts'
import { nodeFaults, type SchedulableNode } from './node-fit.ts'
import { type Container, lastingContainers, type Pod } from './types.ts'

/** What pods ask of a node, in cores and bytes; `pods` counts them. */
export type Amounts = { cpu: number; memory: number; pods: number }

const terminal = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

/**
 * A pod's requests (`PodRequests` of component-helpers): the sum of what runs side by side, or what an init container needs
 * beside the sidecars before it where that is more. What the pod says for itself takes the place of both.
 */
export function podRequests({ spec }: Pod): Amounts {
  const amount = (key: 'cpu' | 'memory') => {
    let sidecars = 0
    let most = 0
    for (const container of spec.initContainers ?? []) {
      const own = request(container, key)
      if (container.restartPolicy === 'Always') sidecars += own
      most = Math.max(most, container.restartPolicy === 'Always' ? sidecars : sidecars + own)
    }
    const lasting = spec.containers.reduce((total, container) => total + request(container, key), sidecars)
    const own = spec.resources?.requests?.[key]
    return (own === undefined ? Math.max(lasting, most) : parseQuantity(own)) + parseQuantity(spec.overhead?.[key])
  }
  return { cpu: amount('cpu'), memory: amount('memory'), pods: 1 }
}

function request(container: Container, key: 'cpu' | 'memory'): number {
  const resources = container.resources ?? {}
  return parseQuantity(resources.requests?.[key] ?? resources.limits?.[key])
}

/** What is left on the node after the pods that are bound to it and have not ended. */
export function freeAmounts(allocatable: Amounts, bound: readonly Pod[]): Amounts {
  const left = { ...allocatable }
  for (const pod of bound) {
    if (terminal(pod)) continue
    const asked = podRequests(pod)
    left.cpu -= asked.cpu
    left.memory -= asked.memory
    left.pods -= 1
  }
  return left
}

/** Why a pod does not fit, in the scheduler's own words; empty when it fits. */
export function unfitReasons(pod: Pod, free: Amounts, node: SchedulableNode): string[] {
  const asked = podRequests(pod)
  const faults = nodeFaults(pod.spec, node)
  if (faults.length > 0) return faults
  const reasons: string[] = []
  if (free.pods < 1) reasons.push('Too many pods')
  // A billionth of slack: sums of fractions of cores are not exact.
  if (asked.cpu > free.cpu + 1e-9) reasons.push('Insufficient cpu')
  if (asked.memory > free.memory) reasons.push('Insufficient memory')
  for (const name of otherResources(pod)) reasons.push(`Insufficient ${name}`)
  return reasons
}

/** True when a pod that has not ended holds one of the host ports that this one asks for. */
export function hasTakenHostPort(pod: Pod, bound: readonly Pod[]): boolean {
  const held = new Set(bound.filter((each) => !terminal(each)).flatMap(hostPorts))
  return hostPorts(pod).some((port) => held.has(port))
}

function hostPorts(pod: Pod): string[] {
  return lastingContainers(pod.spec)
    .flatMap(({ ports = [] }) => ports)
    .flatMap(({ hostPort, protocol = 'TCP' }) => (hostPort ? [`${protocol}/${hostPort}`] : []))
}

/** Extended resources (GPUs): this node has none of them. */
function otherResources(pod: Pod): string[] {
  const names = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].flatMap((container) =>
    Object.entries({ ...container.resources?.limits, ...container.resources?.requests })
      .filter(
        ([name, amount]) =>
          !['cpu', 'memory', 'ephemeral-storage'].includes(name) &&
          !name.startsWith('hugepages-') &&
          parseQuantity(amount) > 0,
      )
      .map(([name]) => name),
  )
  return [...new Set(names)].sort()
}

/** The message of the PodScheduled condition and of the FailedScheduling event. */
export function unschedulableMessage(reasons: readonly string[], wouldFitAlone: boolean): string {
  const each = reasons
    .map((reason) => `1 ${reason}`)
    .sort()
    .join(', ')
  const preemption = wouldFitAlone
    ? 'No preemption victims found for incoming pod'
    : 'Preemption is not helpful for scheduling'
  return `0/1 nodes are available: ${each}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 ${preemption}.`
}

/** Guaranteed, Burstable or BestEffort, by `GetPodQOS`. */
export function qosClass(pod: Pod): string {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  const keys = ['cpu', 'memory'] as const
  const any = containers.some((c) =>
    keys.some(
      (key) => parseQuantity(c.resources?.requests?.[key]) > 0 || parseQuantity(c.resources?.limits?.[key]) > 0,
    ),
  )
  if (!any) return 'BestEffort'
  const guaranteed = containers.every((c) =>
    keys.every((key) => {
      const limit = parseQuantity(c.resources?.limits?.[key])
      return limit > 0 && parseQuantity(c.resources?.requests?.[key] ?? c.resources?.limits?.[key]) === limit
    }),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}
