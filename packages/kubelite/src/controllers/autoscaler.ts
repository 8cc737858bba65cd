import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { NodeUsage, ResourceId } from '../client.ts'
import { defaultRules } from '../kinds/autoscaling.ts'
import { toSeconds } from '../node/pod-status.ts'
import { type Condition, type Pod, refOf } from '../node/types.ts'
import { sameJson } from '../patch/json-patch.ts'
import {
  type Autoscaler,
  autoscalers,
  type Change,
  defaultStabilizationSeconds,
  limit,
  MetricError,
  type PodUsage,
  type Proposal,
  propose,
  type ScalingRules,
} from './autoscaler-plan.ts'
import { type Cache, openCache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import type { LabelSelector } from './job-types.ts'
import { statefulSets } from './stateful-set-plan.ts'
import { openWorkQueue } from './work-queue.ts'
import { deployments, replicaSets, selects } from './workload-types.ts'

const periodMs = 15_000
const rememberMs = 3_600_000

type Scaled = KubeObject & { spec: { replicas?: number; selector?: LabelSelector } }
const targets: Readonly<Record<string, ResourceId>> = {
  Deployment: deployments,
  ReplicaSet: replicaSets,
  StatefulSet: statefulSets,
}

/** What is remembered of an autoscaler between its passes: past wishes and past changes. Lost with a restart, as upstream. */
type Memory = { wishes: Change[]; changes: Change[] }
type ScalerContext = ControllerContext & {
  podCache: Cache<Pod>
  cache: Cache<Autoscaler>
  usage: () => Promise<NodeUsage | null>
  memories: Map<string, Memory>
}

/** Scales Deployments, ReplicaSets and StatefulSets by the CPU and memory that their pods use. */
export function startAutoscaler(
  context: ControllerContext,
  podCache: Cache<Pod>,
  usage: () => Promise<NodeUsage | null>,
): void {
  const { client, log, signal, clock } = context
  const cache = openCache<Autoscaler>(client, autoscalers, {}, { log, signal })
  const inner: ScalerContext = { ...context, podCache, cache, usage, memories: new Map() }
  const queue = openWorkQueue({ name: 'autoscaler', clock, log, signal }, async (key) => {
    await Promise.all([cache.synced, podCache.synced])
    const [namespace = '', name = ''] = key.split('/')
    const autoscaler = cache.get({ namespace, name })
    if (autoscaler === undefined || autoscaler.metadata.deletionTimestamp !== undefined) return undefined
    await reconcile(inner, autoscaler)
    return { afterMs: periodMs }
  })
  const seen = new Map<string, string>()
  cache.onEvent(({ type, object }) => {
    const key = `${object.metadata.namespace}/${object.metadata.name}`
    const spec = JSON.stringify(object.spec)
    if (type === 'deleted') {
      inner.memories.delete(object.metadata.uid ?? '')
      seen.delete(key)
    } else if (seen.get(key) !== spec) {
      // Its own writes of the status are no reason to look again.
      seen.set(key, spec)
      queue.add(key)
    }
  })
}

type Verdict = { desired: number; reason: string; metrics: unknown[] | null }
type Mark = (type: string, status: 'True' | 'False', reason: string, message: string) => void

async function reconcile(context: ScalerContext, autoscaler: Autoscaler): Promise<void> {
  const { client, clock, cache, events } = context
  const now = clock.now()
  const conditions = [...(autoscaler.status?.conditions ?? [])]
  const mark: Mark = (type, status, reason, message) => {
    const old = conditions.findIndex((each) => each.type === type)
    const since = conditions[old]?.status === status ? conditions[old]?.lastTransitionTime : undefined
    const next: Condition = {
      type,
      status,
      lastTransitionTime: since ?? toSeconds(now.toISOString()),
      reason,
      message,
    }
    if (old < 0) conditions.push(next)
    else conditions[old] = next
  }
  let status: NonNullable<Autoscaler['status']> = { desiredReplicas: 0, currentMetrics: null, ...autoscaler.status }
  const target = await findTarget(context, autoscaler, mark)
  if (target !== null) {
    const current = target.spec.replicas ?? 1
    const verdict = await decide(context, autoscaler, target, current, mark)
    status = {
      ...status,
      currentReplicas: current,
      desiredReplicas: verdict?.desired ?? current,
      currentMetrics: verdict?.metrics ?? null,
    }
    if (verdict !== null && verdict.desired !== current) {
      await scale(context, autoscaler, target, verdict.desired)
      const message = `New size: ${verdict.desired}; reason: ${verdict.reason}`
      events.record(autoscaler, 'Normal', 'SuccessfulRescale', message)
      mark(
        'AbleToScale',
        'True',
        'SucceededRescale',
        `the HPA controller was able to update the target scale to ${verdict.desired}`,
      )
      status.lastScaleTime = toSeconds(now.toISOString())
    }
  }
  status.conditions = conditions
  if (!sameJson(status, autoscaler.status))
    cache.put(await client.updateStatus<Autoscaler>(autoscalers, { ...autoscaler, status }))
}

async function findTarget(
  { client, events }: ScalerContext,
  autoscaler: Autoscaler,
  mark: Mark,
): Promise<Scaled | null> {
  const { kind, name } = autoscaler.spec.scaleTargetRef
  const resource = targets[kind]
  const found =
    resource === undefined
      ? null
      : await client.find<Scaled>(resource, { namespace: autoscaler.metadata.namespace, name })
  if (found !== null) {
    mark('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale")
    return found
  }
  const why =
    resource === undefined
      ? `kubelite scales ${Object.keys(targets).join(', ')}, not ${kind}`
      : `${resource.plural}.${resource.group} "${name}" not found`
  events.record(autoscaler, 'Warning', 'FailedGetScale', why)
  mark(
    'AbleToScale',
    'False',
    'FailedGetScale',
    `the HPA controller was unable to get the target's current scale: ${why}`,
  )
  return null
}

/** The wished size within all limits; null when no metric could be had. */
async function decide(
  context: ScalerContext,
  autoscaler: Autoscaler,
  target: Scaled,
  current: number,
  mark: Mark,
): Promise<Verdict | null> {
  const { minReplicas: min = 1, maxReplicas: max } = autoscaler.spec
  if (current === 0) {
    mark(
      'ScalingActive',
      'False',
      'ScalingDisabled',
      'scaling is disabled since the replica count of the target is zero',
    )
    return { desired: 0, reason: '', metrics: null }
  }
  if (current > max) return { desired: max, reason: 'Current number of replicas above Spec.MaxReplicas', metrics: null }
  if (current < min) return { desired: min, reason: 'Current number of replicas below Spec.MinReplicas', metrics: null }
  const proposals = await measure(context, autoscaler, target, current, mark)
  const best = [...proposals].sort((a, b) => b.replicas - a.replicas)[0]
  if (best === undefined) return null
  const text = `the HPA was able to successfully calculate a replica count from ${best.metric}`
  mark('ScalingActive', 'True', 'ValidMetricFound', text)
  const desired = settle(context, autoscaler, best.replicas, current, { min, max }, mark)
  const reason = desired > current ? `${best.metric} above target` : 'All metrics below target'
  return { desired, reason, metrics: proposals.map((each) => each.current) }
}

async function measure(
  context: ScalerContext,
  autoscaler: Autoscaler,
  target: Scaled,
  current: number,
  mark: Mark,
): Promise<Proposal[]> {
  const { podCache, usage, events } = context
  const measured = await usage()
  const byPod = new Map<string, PodUsage>()
  for (const { pod, containers } of measured?.pods ?? [])
    byPod.set(pod.uid, new Map(containers.map((each) => [each.name, each])))
  const pods = podCache
    .list(autoscaler.metadata.namespace)
    .filter((pod) => selects(target.spec.selector, pod.metadata.labels))
  const proposals: Proposal[] = []
  let failed = false
  for (const metric of autoscaler.spec.metrics ?? []) {
    try {
      proposals.push(propose(autoscaler, metric, current, pods, (pod) => byPod.get(pod.metadata.uid ?? '')))
    } catch (error) {
      if (!(error instanceof MetricError)) throw error
      failed = true
      events.record(autoscaler, 'Warning', error.reason, error.message)
      mark('ScalingActive', 'False', error.reason, error.message)
    }
  }
  // With a metric missing, nothing is taken away on the word of the others.
  return failed ? proposals.filter((each) => each.replicas > current) : proposals
}

/** The wish after stabilisation and rate limits. */
function settle(
  { clock, memories }: ScalerContext,
  autoscaler: Autoscaler,
  wish: number,
  current: number,
  bounds: { min: number; max: number },
  mark: Mark,
): number {
  const now = clock.now().getTime()
  const uid = autoscaler.metadata.uid ?? ''
  const memory = memories.get(uid) ?? { wishes: [{ at: now, replicas: current }], changes: [] }
  memories.set(uid, memory)
  const recent = (list: Change[], ms: number) => list.filter((each) => each.at > now - ms)
  memory.wishes = [...recent(memory.wishes, rememberMs), { at: now, replicas: wish }]
  memory.changes = recent(memory.changes, rememberMs)
  const rules = {
    up: autoscaler.spec.behavior?.scaleUp ?? (defaultRules('scaleUp') as ScalingRules),
    down: autoscaler.spec.behavior?.scaleDown ?? (defaultRules('scaleDown') as ScalingRules),
  }
  const within = (seconds: number) => recent(memory.wishes, seconds * 1000).map((each) => each.replicas)
  const lowest = Math.min(wish, ...within(rules.up.stabilizationWindowSeconds ?? 0))
  const highest = Math.max(wish, ...within(rules.down.stabilizationWindowSeconds ?? defaultStabilizationSeconds))
  const stable = Math.min(Math.max(current, lowest), highest)
  const [reason, message] =
    stable === wish
      ? ['ReadyForNewScale', 'recommended size matches current size']
      : stable > wish
        ? [
            'ScaleDownStabilized',
            'recent recommendations were higher than current one, applying the highest recent recommendation',
          ]
        : [
            'ScaleUpStabilized',
            'recent recommendations were lower than current one, applying the lowest recent recommendation',
          ]
  mark('AbleToScale', 'True', reason ?? '', message ?? '')
  const limited = limit(stable, current, bounds, rules, memory.changes, now)
  mark('ScalingLimited', limited.reason === 'DesiredWithinRange' ? 'False' : 'True', limited.reason, limited.message)
  if (limited.replicas !== current) memory.changes.push({ at: now, replicas: limited.replicas - current })
  return limited.replicas
}

async function scale(
  { client }: ScalerContext,
  autoscaler: Autoscaler,
  target: Scaled,
  replicas: number,
): Promise<void> {
  const resource = targets[autoscaler.spec.scaleTargetRef.kind]
  if (resource === undefined) return
  // The version that was looked at: what somebody else wishes meanwhile is not overwritten.
  const { resourceVersion } = target.metadata
  await client.patch(resource, refOf(target), { metadata: { resourceVersion }, spec: { replicas } })
}
