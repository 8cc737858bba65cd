import { parseQuantity } from '../schema/parse-quantity.ts'
import type { Container, Pod, ResourceFieldRef } from './types.ts'

/** What a pod may learn about itself: addresses are known when it starts. */
export type PodFacts = {
  pod: Pod
  podIP: string
  hostIP: string
  nodeName: string
  allocatable: { cpu: number; memory: number }
}

/** The value of a `fieldRef`. Throws with the kubelet's words for a path that there is not. */
export function fieldValue(facts: PodFacts, fieldPath: string): string {
  const { metadata, spec } = facts.pod
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath)
  if (subscript) return metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] ?? ''] ?? ''
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name ?? ''
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'metadata.labels':
      return formatMap(metadata.labels)
    case 'metadata.annotations':
      return formatMap(metadata.annotations)
    case 'spec.nodeName':
      return facts.nodeName
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? 'default'
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIP
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIP
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`)
  }
}

/** The value of a `resourceFieldRef`: the container's limit (or what the node has), in units of the divisor, rounded up. */
export function resourceValue(facts: PodFacts, container: Container, ref: ResourceFieldRef): string {
  const spec = facts.pod.spec
  const target = ref.containerName
    ? [...spec.containers, ...(spec.initContainers ?? [])].find((c) => c.name === ref.containerName)
    : container
  if (!target) throw new Error(`container ${ref.containerName} not found`)
  const [kind, resource] = ref.resource.split('.')
  if ((kind !== 'limits' && kind !== 'requests') || !['cpu', 'memory', 'ephemeral-storage'].includes(resource ?? '')) {
    throw new Error(`unsupported container resource: ${ref.resource}`)
  }
  const limit = target.resources?.limits?.[resource ?? '']
  const asked = kind === 'limits' ? limit : (target.resources?.requests?.[resource ?? ''] ?? limit)
  const fallback =
    kind === 'requests'
      ? 0
      : resource === 'cpu'
        ? facts.allocatable.cpu
        : resource === 'memory'
          ? facts.allocatable.memory
          : 0
  const amount = asked === undefined ? fallback : parseQuantity(asked)
  const divisor = parseQuantity(ref.divisor) || 1
  return String(Math.ceil(amount / divisor - 1e-9))
}

/** `key="value"` lines in the order of the keys, values quoted as Go's `%q` does for plain text. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${JSON.stringify(map?.[key])}`)
    .join('\n')
}
