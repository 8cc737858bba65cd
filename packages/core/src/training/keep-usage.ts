import { jobUidOf } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { quantityOf, type Resource } from '@keelson/kube'
import type { Ctx } from '../context/index.ts'
import type { Pod } from './pod.rules.ts'
import { type Sample, samples } from './sample.store.ts'

/** metrics.k8s.io/v1beta1 PodMetrics, as the metrics server and kubelite answer it. It is no stored object: it has no uid. */
export type PodMetrics = KubeObject & {
  timestamp?: string
  containers?: { name: string; usage?: { cpu?: string; memory?: string } }[]
}

export const podMetrics: Resource = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  plural: 'pods',
  kind: 'PodMetrics',
  namespaced: true,
}

/** What a pod used: CPU in cores, memory in bytes, all containers together. Empty where nothing is measured. */
export function usageOf(pod: Pod, measured: PodMetrics): Sample[] {
  const [podUid, jobUid, at] = [pod.metadata.uid, jobUidOf(pod), measured.timestamp]
  const { containers = [] } = measured
  if (podUid === undefined || jobUid === undefined || at === undefined || containers.length === 0) return []
  const sum = (resource: 'cpu' | 'memory') =>
    containers.reduce((total, { usage }) => total + quantityOf(usage?.[resource] ?? '0'), 0)
  return (['cpu', 'memory'] as const)
    .map((name) => ({ podUid, jobUid, source: 'usage' as const, name, step: null, at, value: sum(name) }))
    .filter(({ value }) => Number.isFinite(value))
}

/** Keeps what pods used. Each measurement is to be given once. */
export async function keepUsage(ctx: Ctx, used: readonly Sample[]): Promise<void> {
  await ctx.db.transaction((tx) => samples.append(tx, used))
}
