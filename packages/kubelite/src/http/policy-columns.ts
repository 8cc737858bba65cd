/** Printer columns of budgets, priorities, autoscalers and the kinds of networking.k8s.io. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'
import { formatSelector } from '../selectors/labels.ts'
import { ageColumn, field, list, nameColumn, number } from './cells.ts'
import { type Column, column } from './column.ts'

const orNone = (value: unknown) => (value === undefined ? 'N/A' : String(value))

const sources: Readonly<Record<string, string>> = {
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
}

/** `formatHPAMetrics`: current against wanted, two metrics at most. */
function targets(autoscaler: KubeObject): string {
  const statuses = list(field(autoscaler, 'status', 'currentMetrics'))
  const texts = list(field(autoscaler, 'spec', 'metrics')).map((metric, index) => oneTarget(metric, statuses[index]))
  if (texts.length === 0) return '<none>'
  return texts.length > 2 ? `${texts.slice(0, 2).join(', ')} + ${texts.length - 2} more...` : texts.join(', ')
}

function oneTarget(metric: JsonObject, status: JsonObject | undefined): string {
  const key = sources[String(metric.type)]
  const source = key === undefined ? undefined : metric[key]
  if (key === undefined || !isObject(source)) return '<unknown type>'
  const target = isObject(source.target) ? source.target : {}
  const current = field(status, key, 'current')
  const named = key === 'resource' || key === 'containerResource' ? `${String(source.name)}: ` : ''
  if (target.averageValue !== undefined) {
    const suffix = key === 'external' || key === 'object' ? ' (avg)' : ''
    return `${named}${String(field(current, 'averageValue') ?? '<unknown>')}/${String(target.averageValue)}${suffix}`
  }
  if (named === '') return `${String(field(current, 'value') ?? '<unknown>')}/${String(target.value)}`
  const now = field(current, 'averageUtilization')
  const wanted = target.averageUtilization
  return `${named}${now === undefined ? '<unknown>' : `${String(now)}%`}/${wanted === undefined ? '<auto>' : `${String(wanted)}%`}`
}

function hosts(ingress: KubeObject): string {
  const rules = list(field(ingress, 'spec', 'rules'))
  const names = rules.slice(0, 3).flatMap((rule) => (rule.host ? [String(rule.host)] : []))
  if (names.length === 0) return '*'
  return rules.length > 3 ? `${names.join(',')} + ${rules.length - 3} more...` : names.join(',')
}

export const policyTables: Readonly<Record<string, readonly Column[]>> = {
  'policy/poddisruptionbudgets': [
    nameColumn,
    column('Min Available', (object) => orNone(field(object, 'spec', 'minAvailable'))),
    column('Max Unavailable', (object) => orNone(field(object, 'spec', 'maxUnavailable'))),
    column('Allowed Disruptions', (object) => number(object, 'status', 'disruptionsAllowed'), 'integer'),
    ageColumn,
  ],
  'scheduling.k8s.io/priorityclasses': [
    nameColumn,
    column('Value', (object) => object.value, 'integer'),
    column('Global-Default', (object) => object.globalDefault === true, 'boolean'),
    ageColumn,
    column('PreemptionPolicy', (object) => object.preemptionPolicy),
  ],
  'autoscaling/horizontalpodautoscalers': [
    nameColumn,
    column(
      'Reference',
      (object) =>
        `${String(field(object, 'spec', 'scaleTargetRef', 'kind'))}/${String(field(object, 'spec', 'scaleTargetRef', 'name'))}`,
    ),
    column('Targets', targets),
    column('MinPods', (object) => String(field(object, 'spec', 'minReplicas') ?? '<unset>')),
    column('MaxPods', (object) => number(object, 'spec', 'maxReplicas')),
    column('Replicas', (object) => number(object, 'status', 'currentReplicas')),
    ageColumn,
  ],
  'networking.k8s.io/ingresses': [
    nameColumn,
    column('Class', (object) => field(object, 'spec', 'ingressClassName') ?? '<none>'),
    column('Hosts', hosts),
    column('Address', (object) =>
      list(field(object, 'status', 'loadBalancer', 'ingress'))
        .map((each) => each.ip ?? each.hostname)
        .join(','),
    ),
    column('Ports', (object) => (list(field(object, 'spec', 'tls')).length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
  'networking.k8s.io/ingressclasses': [
    column(
      'Name',
      (object) =>
        `${object.metadata.name ?? ''}${object.metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true' ? ' (default)' : ''}`,
      'string',
      0,
      'name',
    ),
    column('Controller', (object) => field(object, 'spec', 'controller') ?? ''),
    column('Parameters', (object) => {
      const parameters = field(object, 'spec', 'parameters')
      if (!isObject(parameters)) return '<none>'
      const group = parameters.apiGroup ? `.${String(parameters.apiGroup)}` : ''
      return `${String(parameters.kind)}${group}/${String(parameters.name)}`
    }),
    ageColumn,
  ],
  'networking.k8s.io/networkpolicies': [
    nameColumn,
    column(
      'Pod-Selector',
      (object) => formatSelector((field(object, 'spec', 'podSelector') ?? {}) as object) || '<none>',
    ),
    ageColumn,
  ],
}
