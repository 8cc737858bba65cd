import type { CapacityLine, WorkspaceUse } from '@keelson/contracts/workspaces'
import { type KubeApi, resources } from '@keelson/kube'
import { allow } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { capacityLines, type Node, quotaLines, type RequestingPod, type ResourceQuota } from './use.rules.ts'

/** Every open dashboard asks; the sum over all pods is made once for all of them. */
const capacityKeptMs = 5_000
const kept = new WeakMap<KubeApi, { at: number; lines: Promise<CapacityLine[]> }>()

/**
 * What a workspace may use and uses, by its ResourceQuotas as the actor reads them, and what the machines have left in all:
 * sums, which name nobody.
 */
export async function getUse(ctx: Ctx, input: { workspace: string }): Promise<WorkspaceUse> {
  const namespace = input.workspace
  await allow(ctx, { verb: 'list', group: '', resource: 'resourcequotas', namespace })
  const [quotas, capacity] = await Promise.all([
    asActor(ctx).list<ResourceQuota>(resources.resourceQuotas, { namespace }),
    readCapacity(ctx),
  ])
  return { quotas: quotaLines(quotas.items), capacity }
}

/** What the nodes can give and what is asked of them in all, at most some seconds old. */
export function readCapacity({ kube, clock }: Pick<Ctx, 'kube' | 'clock'>): Promise<CapacityLine[]> {
  const now = clock.now().getTime()
  const found = kept.get(kube)
  if (found && now - found.at < capacityKeptMs) return found.lines
  const lines = countCapacity(kube)
  kept.set(kube, { at: now, lines })
  lines.catch(() => kept.delete(kube))
  return lines
}

async function countCapacity(kube: KubeApi): Promise<CapacityLine[]> {
  const [nodes, pods] = await Promise.all([
    kube.list<Node>(resources.nodes),
    kube.list<RequestingPod>(resources.pods, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' }),
  ])
  return capacityLines(nodes.items, pods.items)
}
