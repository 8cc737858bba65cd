/** HorizontalPodAutoscaler of autoscaling/v2, and how autoscaling/v1 shows it (k8s.io/kubernetes/pkg/apis/autoscaling). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import {
  forbiddenField,
  invalidValue,
  nonNegative,
  notSupported,
  objectAt,
  objects,
  required,
  setDefault,
} from './field-errors.ts'
import type { KindRules } from './kind-rules.ts'
import { specOf } from './templates.ts'

const cpuMetric = (averageUtilization: number): JsonObject => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

/** Without `behavior` the controller uses these (`GenerateHPAScaleUpRules`, `GenerateHPAScaleDownRules`). */
export const defaultRules = (direction: 'scaleUp' | 'scaleDown'): JsonObject =>
  direction === 'scaleUp'
    ? {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      }
    : { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }

function defaults(object: KubeObject): void {
  const spec = specOf(object)
  setDefault(spec, 'minReplicas', 1)
  if (objects(spec.metrics).length === 0) spec.metrics = [cpuMetric(80)]
  if (!isObject(spec.behavior)) return
  for (const direction of ['scaleUp', 'scaleDown'] as const)
    spec.behavior[direction] = { ...defaultRules(direction), ...objectAt(spec.behavior[direction]) }
}

const sources: Readonly<Record<string, string>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
}

function validateMetric(metric: JsonObject, path: string): FieldError[] {
  const { type } = metric
  if (!type) return [required(`${path}.type`, 'must specify a metric source type')]
  const field = sources[String(type)]
  if (field === undefined) return [notSupported(`${path}.type`, type, Object.keys(sources))]
  const errors = Object.values(sources)
    .filter((each) => each !== field && metric[each] !== undefined)
    .map((each) => forbiddenField(`${path}.${each}`, 'must populate the given metric source only'))
  if (!isObject(metric[field]))
    return [...errors, required(`${path}.${field}`, 'must populate information for the given metric source')]
  const source = metric[field]
  if (type !== 'Resource' && type !== 'ContainerResource') return errors
  if (!source.name) errors.push(required(`${path}.${field}.name`, 'must specify a resource name'))
  const target = objectAt(source.target)
  const types = ['AverageValue', 'Utilization', 'Value']
  if (!types.includes(String(target.type)))
    errors.push(notSupported(`${path}.${field}.target.type`, target.type ?? '', types))
  if (target.averageUtilization === undefined && target.averageValue === undefined)
    errors.push(
      required(
        `${path}.${field}.target.averageUtilization`,
        'must set either a target raw value or a target utilization',
      ),
    )
  if (target.averageUtilization !== undefined && target.averageValue !== undefined)
    errors.push(
      forbiddenField(
        `${path}.${field}.target.averageValue`,
        'may not set both a target raw value and a target utilization',
      ),
    )
  if (typeof target.averageUtilization === 'number' && target.averageUtilization < 1)
    errors.push(
      invalidValue(`${path}.${field}.target.averageUtilization`, target.averageUtilization, 'must be greater than 0'),
    )
  return errors
}

function validateRules(rules: unknown, path: string): FieldError[] {
  if (!isObject(rules)) return []
  const errors: FieldError[] = []
  const { stabilizationWindowSeconds: window } = rules
  if (typeof window === 'number' && window < 0)
    errors.push(invalidValue(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'))
  if (typeof window === 'number' && window > 3600)
    errors.push(invalidValue(`${path}.stabilizationWindowSeconds`, window, 'must be less than or equal to 3600'))
  const select = ['Disabled', 'Max', 'Min']
  if (!select.includes(String(rules.selectPolicy)))
    errors.push(notSupported(`${path}.selectPolicy`, rules.selectPolicy, select))
  const policies = objects(rules.policies)
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'))
  for (const [index, policy] of policies.entries()) {
    const at = `${path}.policies[${index}]`
    if (policy.type !== 'Pods' && policy.type !== 'Percent')
      errors.push(notSupported(`${at}.type`, policy.type, ['Percent', 'Pods']))
    for (const name of ['value', 'periodSeconds'])
      if (Number(policy[name]) <= 0)
        errors.push(invalidValue(`${at}.${name}`, policy[name], 'must be greater than zero'))
    if (Number(policy.periodSeconds) > 1800)
      errors.push(invalidValue(`${at}.periodSeconds`, policy.periodSeconds, 'must be less than or equal to 1800'))
  }
  return errors
}

function validate(object: KubeObject): FieldError[] {
  const spec = specOf(object)
  const min = Number(spec.minReplicas)
  const max = Number(spec.maxReplicas ?? 0)
  const errors: FieldError[] = []
  if (min < 1) errors.push(invalidValue('spec.minReplicas', min, 'must be greater than or equal to 1'))
  if (max === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'))
  else if (max < 0) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to 1'))
  if (max < min) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'))
  const target = objectAt(spec.scaleTargetRef)
  for (const name of ['kind', 'name']) if (!target[name]) errors.push(required(`spec.scaleTargetRef.${name}`))
  if (!String(target.apiVersion ?? '').includes('/'))
    errors.push(
      invalidValue('spec.scaleTargetRef.apiVersion', target.apiVersion ?? '', 'apiVersion must specify API group'),
    )
  for (const [index, metric] of objects(spec.metrics).entries())
    errors.push(...validateMetric(metric, `spec.metrics[${index}]`))
  for (const direction of ['scaleUp', 'scaleDown'])
    errors.push(...validateRules(objectAt(spec.behavior)[direction], `spec.behavior.${direction}`))
  const status = objectAt(object.status)
  for (const name of ['currentReplicas', 'desiredReplicas']) errors.push(...nonNegative(`status.${name}`, status[name]))
  return errors
}

const autoscaler: KindRules = {
  defaults,
  prepare: (object) => {
    object.status = { desiredReplicas: 0, currentMetrics: null }
  },
  validate,
}

export const autoscalingRules: Readonly<Record<string, KindRules>> = { HorizontalPodAutoscaler: autoscaler }

const annotation = (name: string) => `autoscaling.alpha.kubernetes.io/${name}`
const isCpuTarget = (metric: JsonObject) =>
  metric.type === 'Resource' &&
  objectAt(metric.resource).name === 'cpu' &&
  objectAt(objectAt(metric.resource).target).averageUtilization !== undefined
const currentCpu = (status: JsonObject) =>
  objects(status.currentMetrics).find((metric) => objectAt(metric.resource).name === 'cpu')

/** As autoscaling/v1 has it: the CPU target in a field, all else in annotations, in the words of v2. */
export function toAutoscalingV1(object: KubeObject): KubeObject {
  const { metrics, behavior, ...spec } = objectAt(object.spec)
  const { currentMetrics, conditions, ...status } = objectAt(object.status)
  const others = objects(metrics).filter((metric) => !isCpuTarget(metric))
  const target = objectAt(objectAt(objects(metrics).find(isCpuTarget)?.resource).target).averageUtilization
  const current = objectAt(objectAt(currentCpu(objectAt(object.status))?.resource).current).averageUtilization
  const kept = {
    ...(others.length > 0 ? { [annotation('metrics')]: JSON.stringify(others) } : {}),
    ...(behavior === undefined ? {} : { [annotation('behavior')]: JSON.stringify(behavior) }),
    ...(objects(conditions).length > 0 ? { [annotation('conditions')]: JSON.stringify(conditions) } : {}),
    ...(objects(currentMetrics).length > 0 ? { [annotation('current-metrics')]: JSON.stringify(currentMetrics) } : {}),
  }
  const annotations = { ...object.metadata.annotations, ...kept }
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: { ...object.metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: { ...spec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: {
      currentReplicas: 0,
      ...status,
      ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
    },
  }
}

/** The way back: what {@link toAutoscalingV1} put into annotations becomes fields again. */
export function fromAutoscalingV1(object: KubeObject): KubeObject {
  const all = object.metadata.annotations ?? {}
  const read = (name: string): unknown => {
    try {
      return JSON.parse(all[annotation(name)] ?? 'null')
    } catch {
      return null
    }
  }
  const plain = Object.entries(all).filter(
    ([key]) => !['metrics', 'behavior', 'conditions', 'current-metrics'].some((name) => key === annotation(name)),
  )
  const { annotations: _, ...metadata } = object.metadata
  const { targetCPUUtilizationPercentage: target, ...spec } = objectAt(object.spec)
  const { currentCPUUtilizationPercentage: __, ...status } = objectAt(object.status)
  const metrics = [...objects(read('metrics')), ...(typeof target === 'number' ? [cpuMetric(target)] : [])]
  const behavior = read('behavior')
  const conditions = objects(read('conditions'))
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: { ...metadata, ...(plain.length > 0 ? { annotations: Object.fromEntries(plain) } : {}) },
    spec: { ...spec, ...(metrics.length > 0 ? { metrics } : {}), ...(isObject(behavior) ? { behavior } : {}) },
    status: { ...status, currentMetrics: read('current-metrics'), ...(conditions.length > 0 ? { conditions } : {}) },
  }
}
