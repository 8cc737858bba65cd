/** How much there is and how much of it is taken, from what Kubernetes keeps. Pure. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { CapacityLine, QuotaLine } from '@keelson/contracts/workspaces'
import { quantityOf } from '@keelson/kube'

type Quantities = Record<string, string | number>

export type ResourceQuota = KubeObject & {
  spec?: { hard?: Quantities }
  status?: { hard?: Quantities; used?: Quantities }
}
export type Node = KubeObject & { spec?: { unschedulable?: boolean }; status?: { allocatable?: Quantities } }
type Container = { resources?: { requests?: Quantities }; restartPolicy?: string }
export type RequestingPod = KubeObject & {
  spec?: { containers?: Container[]; initContainers?: Container[]; overhead?: Quantities }
  status?: { phase?: string }
}

/** Every limit of the quotas. A quota whose status is not counted yet shows its wish with nothing used. */
export function quotaLines(quotas: readonly ResourceQuota[]): QuotaLine[] {
  return quotas.flatMap((quota) => {
    const hard = { ...quota.spec?.hard, ...quota.status?.hard }
    return Object.keys(hard)
      .sort()
      .map((resource) => {
        const limit = String(hard[resource])
        const used = String(quota.status?.used?.[resource] ?? '0')
        return { quota: quota.metadata.name ?? '', resource, hard: limit, used, ratio: ratioOf(used, limit) }
      })
  })
}

/** What the nodes that take pods can give, against what pods that are not over ask for. */
export function capacityLines(nodes: readonly Node[], pods: readonly RequestingPod[]): CapacityLine[] {
  const allocatable = new Map<string, number>()
  for (const node of nodes) {
    if (node.spec?.unschedulable === true) continue
    addAll(allocatable, node.status?.allocatable ?? {})
  }
  const requested = new Map<string, number>()
  for (const pod of pods) {
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') continue
    for (const [resource, amount] of podRequests(pod)) requested.set(resource, (requested.get(resource) ?? 0) + amount)
    requested.set('pods', (requested.get('pods') ?? 0) + 1)
  }
  return [...allocatable.keys()]
    .filter((resource) => (allocatable.get(resource) ?? 0) > 0)
    .sort()
    .map((resource) => {
      const [all = 0, taken = 0] = [allocatable.get(resource), requested.get(resource)]
      return {
        resource,
        allocatable: quantityText(resource, all),
        requested: quantityText(resource, taken),
        ratio: taken / all,
      }
    })
}

/** What a pod asks for: its containers and sidecars together, or its largest init container where that is more. */
export function podRequests(pod: RequestingPod): Map<string, number> {
  const { containers = [], initContainers = [], overhead = {} } = pod.spec ?? {}
  const sum = new Map<string, number>()
  const lasting = [...containers, ...initContainers.filter((each) => each.restartPolicy === 'Always')]
  for (const container of lasting) addAll(sum, container.resources?.requests ?? {})
  for (const container of initContainers) {
    for (const [resource, text] of Object.entries(container.resources?.requests ?? {}))
      sum.set(resource, Math.max(sum.get(resource) ?? 0, quantityOf(text)))
  }
  addAll(sum, overhead)
  return sum
}

function addAll(sum: Map<string, number>, more: Quantities): void {
  for (const [resource, text] of Object.entries(more)) {
    const amount = quantityOf(text)
    if (Number.isFinite(amount)) sum.set(resource, (sum.get(resource) ?? 0) + amount)
  }
}

/** As Kubernetes would write it: cores in thousandths, memory and storage in Mi or Gi, the rest as whole numbers. */
export function quantityText(resource: string, amount: number): string {
  if (/(^|\.)cpu$/.test(resource)) return Number.isInteger(amount) ? String(amount) : `${Math.round(amount * 1000)}m`
  if (/memory$|storage$/.test(resource)) {
    if (amount >= 2 ** 30) return `${Math.round((amount / 2 ** 30) * 10) / 10}Gi`
    return amount === 0 ? '0' : `${Math.round(amount / 2 ** 20)}Mi`
  }
  return String(Math.round(amount))
}

function ratioOf(used: string, hard: string): number {
  const [taken, all] = [quantityOf(used), quantityOf(hard)]
  if (!Number.isFinite(taken) || !Number.isFinite(all)) return 0
  return all === 0 ? 1 : taken / all
}
