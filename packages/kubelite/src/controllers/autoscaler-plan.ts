/** How many replicas a HorizontalPodAutoscaler wants (k8s.io/kubernetes/pkg/controller/podautoscaler). Pure. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type Condition, lastingContainers, type Pod } from '../node/types.ts'
import { parseQuantity } from '../schema/parse-quantity.ts'
import { isFinished, isPodReady } from './job-types.ts'
import { isTerminating } from './pod-state.ts'

type Target = { type: string; averageUtilization?: number; averageValue?: string }
export type MetricSpec = {
  type: string
  resource?: { name: string; target: Target }
  containerResource?: { name: string; container: string; target: Target }
}
export type ScalingRules = {
  stabilizationWindowSeconds?: number
  selectPolicy?: string
  policies?: { type: string; value: number; periodSeconds: number }[]
  tolerance?: string
}
export type Autoscaler = KubeObject & {
  spec: {
    scaleTargetRef: { apiVersion?: string; kind: string; name: string }
    minReplicas?: number
    maxReplicas: number
    metrics?: MetricSpec[]
    behavior?: { scaleUp?: ScalingRules; scaleDown?: ScalingRules }
  }
  status?: {
    observedGeneration?: number
    lastScaleTime?: string
    currentReplicas?: number
    desiredReplicas: number
    currentMetrics: unknown[] | null
    conditions?: Condition[]
  }
}
export const autoscalers = { group: 'autoscaling', version: 'v2', plural: 'horizontalpodautoscalers' } as const

/** What a pod's containers use: cores and bytes. */
export type PodUsage = Map<string, { cpu: number; memory: number }>
export type Proposal = { replicas: number; metric: string; current: unknown }

const defaultTolerance = 0.1
export const defaultStabilizationSeconds = 300

/** A metric that cannot be had now: the condition's reason and text. */
export class MetricError extends Error {
  readonly reason: string
  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

/** The replicas that one metric asks for. Throws {@link MetricError}. */
export function propose(
  autoscaler: Autoscaler,
  metric: MetricSpec,
  replicas: number,
  pods: readonly Pod[],
  usageOf: (pod: Pod) => PodUsage | undefined,
): Proposal {
  const source = metric.resource ?? metric.containerResource
  if (source === undefined)
    throw new MetricError(
      `FailedGet${metric.type}Metric`,
      `the HPA was unable to compute the replica count: unable to get metrics of type ${metric.type}: no such metrics API is served here`,
    )
  const container = metric.containerResource?.container
  const { name, target } = source
  const counted = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod))
  const measured = counted.flatMap((pod) => {
    const usage = usageOf(pod)
    return usage === undefined || (name === 'cpu' && !isPodReady(pod))
      ? []
      : [{ pod, used: amount(usage, name, container) }]
  })
  if (measured.length === 0)
    throw new MetricError(
      `FailedGet${metric.type}Metric`,
      `the HPA was unable to compute the replica count: failed to get ${name} utilization: unable to get metrics for resource ${name}: no metrics returned from resource metrics API`,
    )
  const used = measured.reduce((sum, each) => sum + each.used, 0)
  const average = used / measured.length
  const missing = counted.length - measured.length
  const tolerance = (direction: 'scaleUp' | 'scaleDown') =>
    autoscaler.spec.behavior?.[direction]?.tolerance === undefined
      ? defaultTolerance
      : parseQuantity(autoscaler.spec.behavior[direction]?.tolerance)
  const shown = showAmount(name, average)
  if (target.averageUtilization === undefined) {
    const wanted = parseQuantity(target.averageValue)
    return {
      replicas: toReplicas(average / wanted, measured.length, missing, replicas, tolerance),
      metric: `${name} resource`,
      current: currentOf(metric, { averageValue: shown }),
    }
  }
  const asked = measured.reduce((sum, { pod }) => sum + requestOf(pod, name, container), 0)
  const utilization = Math.trunc((used * 100) / asked)
  return {
    replicas: toReplicas(utilization / target.averageUtilization, measured.length, missing, replicas, tolerance),
    metric: `${name} ${container === undefined ? '' : 'container '}resource utilization (percentage of request)`,
    current: currentOf(metric, { averageValue: shown, averageUtilization: utilization }),
  }
}

/**
 * The ratio of use to target, times the pods that were measured. Within the tolerance nothing changes; pods without a
 * measure count as at their target when fewer are wanted, and as idle when more are.
 */
function toReplicas(
  ratio: number,
  measured: number,
  missing: number,
  replicas: number,
  tolerance: (direction: 'scaleUp' | 'scaleDown') => number,
): number {
  const within = (value: number) => value <= 1 + tolerance('scaleUp') && value >= 1 - tolerance('scaleDown')
  if (missing === 0) return within(ratio) ? replicas : Math.ceil(ratio * measured)
  if (within(ratio)) return replicas
  const adjusted = (ratio * measured + (ratio < 1 ? missing : 0)) / (measured + missing)
  if (within(adjusted) || adjusted < 1 !== ratio < 1) return replicas
  const wanted = Math.ceil(adjusted * (measured + missing))
  return adjusted > 1 ? Math.max(replicas, wanted) : Math.min(replicas, wanted)
}

function amount(usage: PodUsage, resource: string, container: string | undefined): number {
  const all = [...usage].filter(([name]) => container === undefined || name === container)
  return all.reduce((sum, [, each]) => sum + (resource === 'memory' ? each.memory : each.cpu), 0)
}

function requestOf(pod: Pod, resource: string, container: string | undefined): number {
  const containers = lastingContainers(pod.spec).filter((each) => container === undefined || each.name === container)
  return containers.reduce((sum, each) => {
    const request = parseQuantity(each.resources?.requests?.[resource])
    if (request === 0)
      throw new MetricError(
        'FailedGetResourceMetric',
        `the HPA was unable to compute the replica count: failed to get ${resource} utilization: missing request for ${resource} in container ${each.name} of Pod ${pod.metadata.name}`,
      )
    return sum + request
  }, 0)
}

const showAmount = (resource: string, value: number): string =>
  resource === 'memory' ? String(Math.round(value)) : `${Math.round(value * 1000)}m`

function currentOf(metric: MetricSpec, current: Record<string, unknown>): unknown {
  const { resource, containerResource } = metric
  if (resource !== undefined) return { type: metric.type, resource: { name: resource.name, current } }
  const { name, container } = containerResource ?? {}
  return { type: metric.type, containerResource: { name, container, current } }
}

export type Change = { at: number; replicas: number }
export type Limited = { replicas: number; reason: string; message: string }

/** How many more or fewer there may be now, by the policies of a direction. `changes` are past ones, signed. */
export function limit(
  wanted: number,
  current: number,
  bounds: { min: number; max: number },
  rules: { up: ScalingRules; down: ScalingRules },
  changes: readonly Change[],
  now: number,
): Limited {
  const within = {
    replicas: wanted,
    reason: 'DesiredWithinRange',
    message: 'the desired count is within the acceptable range',
  }
  if (wanted === current) return within
  const up = wanted > current
  const { policies = [], selectPolicy = 'Max' } = up ? rules.up : rules.down
  const reachable = policies.map(({ type, value, periodSeconds }) => {
    const recent = changes.filter((change) => change.at > now - periodSeconds * 1000 && change.replicas > 0 === up)
    const start = current - recent.reduce((sum, change) => sum + change.replicas, 0)
    const step = type === 'Pods' ? value : (start * value) / 100
    return up ? Math.ceil(start + step) : Math.floor(start - step)
  })
  const farthest = up === (selectPolicy !== 'Min') ? Math.max(...reachable) : Math.min(...reachable)
  const reach = selectPolicy === 'Disabled' || reachable.length === 0 ? current : farthest
  if (up) {
    const rate = Math.max(reach, current)
    if (wanted <= Math.min(rate, bounds.max)) return within
    return rate < bounds.max
      ? {
          replicas: rate,
          reason: 'ScaleUpLimit',
          message: 'the desired replica count is increasing faster than the maximum scale rate',
        }
      : {
          replicas: bounds.max,
          reason: 'TooManyReplicas',
          message: 'the desired replica count is more than the maximum replica count',
        }
  }
  const rate = Math.min(reach, current)
  if (wanted >= Math.max(rate, bounds.min)) return within
  return rate > bounds.min
    ? {
        replicas: rate,
        reason: 'ScaleDownLimit',
        message: 'the desired replica count is decreasing faster than the maximum scale rate',
      }
    : {
        replicas: bounds.min,
        reason: 'TooFewReplicas',
        message: 'the desired replica count is less than the minimum replica count',
      }
}
