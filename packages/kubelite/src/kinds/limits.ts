/** ResourceQuota and LimitRange (k8s.io/kubernetes/pkg/apis/core/validation): what they may say, and the defaults of limits. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'
import { printQuantity, type Quantity, readQuantity } from '../schema/quantity.ts'
import type { FieldError } from '../status-error.ts'
import { forbiddenField, invalidValue, required } from './field-errors.ts'
import type { KindRules } from './kind-rules.ts'
import { keyFaults } from './names.ts'

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const specOf = (object: KubeObject): JsonObject => (isObject(object.spec) ? object.spec : {})
const entriesOf = (value: unknown): [string, Quantity][] =>
  Object.entries(isObject(value) ? value : {}).flatMap(([name, text]) => {
    const quantity = readQuantity(text)
    return quantity === null ? [] : [[name, quantity] as [string, Quantity]]
  })

const compute = ['cpu', 'memory', 'ephemeral-storage']
const objectCounts = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const quotaNames = new Set([
  ...compute,
  ...compute.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  'requests.storage',
  ...objectCounts,
])
const isHuge = (name: string) => name.startsWith('hugepages-')
const isQuotaHuge = (name: string) => isHuge(name) || name.startsWith('requests.hugepages-')
const isPlain = (name: string) => !name.includes('/')
const isExtended = (name: string) => name.includes('/') && !name.includes('kubernetes.io/')

function nameFaults(name: string, field: string): FieldError[] {
  const faults = keyFaults(name).map((detail) => invalidValue(field, name, detail))
  if (faults.length > 0 || !isPlain(name) || quotaNames.has(name) || name === 'storage' || isQuotaHuge(name))
    return faults
  return [invalidValue(field, name, 'must be a standard resource type or fully qualified')]
}

function hardFaults(hard: unknown): FieldError[] {
  return entriesOf(hard).flatMap(([name, quantity]) => {
    const field = `spec.hard[${name}]`
    const errors = nameFaults(name, field)
    if (isPlain(name) && !quotaNames.has(name) && !isQuotaHuge(name))
      errors.push(invalidValue(field, name, 'must be a standard resource for quota'))
    if (quantity.nanos < 0n)
      errors.push(invalidValue(field, printQuantity(quantity), 'must be greater than or equal to 0'))
    const whole = objectCounts.includes(name) || (isExtended(name) && !name.startsWith('requests.'))
    if (whole && quantity.nanos % 1_000_000_000n !== 0n)
      errors.push(invalidValue(field, printQuantity(quantity), 'must be an integer'))
    return errors
  })
}

const plainScopes = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'CrossNamespacePodAffinity']
const allScopes = new Set([...plainScopes, 'PriorityClass', 'VolumeAttributesClass'])
const podCompute = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']

/** `IsResourceQuotaScopeValidForResource`, for the names that a quota knows itself. */
function scopeFits(scope: string, name: string): boolean {
  if (scope === 'BestEffort') return name === 'pods'
  if (scope === 'VolumeAttributesClass') return name === 'persistentvolumeclaims' || name === 'requests.storage'
  return name === 'pods' || podCompute.includes(name)
}

function scopeFaults(names: readonly string[], hard: readonly string[], field: string, value: unknown): FieldError[] {
  const errors: FieldError[] = []
  for (const scope of names) {
    for (const name of hard)
      if ((quotaNames.has(name) || isQuotaHuge(name)) && allScopes.has(scope) && !scopeFits(scope, name))
        errors.push(invalidValue(field, value, 'unsupported scope applied to resource'))
  }
  return errors
}

function conflictFaults(names: readonly string[], scopes: unknown): FieldError[] {
  const pairs = [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ]
  return pairs
    .filter((pair) => pair.every((name) => names.includes(name)))
    .map(() => invalidValue('spec.scopes', scopes ?? null, 'conflicting scopes'))
}

const plainOperator =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"

function selectorFaults(spec: JsonObject, hard: readonly string[]): FieldError[] {
  if (!isObject(spec.scopeSelector)) return []
  const at = 'spec.scopeSelector.matchExpressions'
  const terms = objects(spec.scopeSelector.matchExpressions)
  const errors = terms.flatMap((term) => {
    const { scopeName, operator } = term
    const scope = String(scopeName)
    const values = Array.isArray(term.values) ? term.values : []
    const found = allScopes.has(scope) ? [] : [invalidValue(`${at}.scopeName`, scopeName, 'unsupported scope')]
    found.push(...scopeFaults([scope], hard, at, spec.scopeSelector))
    if (plainScopes.includes(scope) && operator !== 'Exists')
      found.push(invalidValue(`${at}.operator`, operator, plainOperator))
    if (operator === 'In' || operator === 'NotIn') {
      const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
      if (values.length === 0) found.push(required(`${at}.values`, detail))
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
      if (values.length > 0) found.push(invalidValue(`${at}.values`, values, detail))
    } else found.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'))
    return found
  })
  const names = terms.map((term) => String(term.scopeName))
  return [...errors, ...conflictFaults(names, spec.scopes)]
}

const scopesIn = (object: KubeObject): string[] => {
  const { scopes } = specOf(object)
  return Array.isArray(scopes) ? scopes.map(String) : []
}

const resourceQuota: KindRules = {
  validate: (quota) => {
    const spec = specOf(quota)
    const hard = Object.keys(isObject(spec.hard) ? spec.hard : {}).sort()
    const scopes = scopesIn(quota)
    const unknown = scopes.filter((scope) => !allScopes.has(scope))
    return [
      ...hardFaults(spec.hard),
      ...unknown.map(() => invalidValue('spec.scopes', spec.scopes, 'unsupported scope')),
      ...scopeFaults(scopes, hard, 'spec.scopes', spec.scopes),
      ...conflictFaults(scopes, spec.scopes),
      ...selectorFaults(spec, hard),
    ]
  },
  validateUpdate: (quota, old) => {
    const [next, before] = [new Set(scopesIn(quota)), new Set(scopesIn(old))]
    const same = next.size === before.size && [...next].every((scope) => before.has(scope))
    return same ? [] : [invalidValue('spec.scopes', specOf(quota).scopes ?? null, 'field is immutable')]
  },
}

const fill = (target: JsonObject, source: unknown): void => {
  for (const [name, value] of Object.entries(isObject(source) ? source : {})) target[name] ??= value
}

/** What a container gets: the most as its limit, that as its request, or the least. */
function defaultLimits(limitRange: KubeObject): void {
  for (const limit of objects(specOf(limitRange).limits)) {
    if (limit.type !== 'Container') continue
    const limits: JsonObject = isObject(limit.default) ? limit.default : {}
    const requests: JsonObject = isObject(limit.defaultRequest) ? limit.defaultRequest : {}
    fill(limits, limit.max)
    fill(requests, limits)
    fill(requests, limit.min)
    if (Object.keys(limits).length > 0) limit.default = limits
    if (Object.keys(requests).length > 0) limit.defaultRequest = requests
  }
}

const containerNames = new Set(compute)
function limitNameFaults(type: unknown, name: string, field: string): FieldError[] {
  const errors = nameFaults(name, field)
  const forContainers = type === 'Pod' || type === 'Container'
  if (forContainers && isPlain(name) && !containerNames.has(name) && !isHuge(name))
    errors.push(invalidValue(field, name, 'must be a standard resource for containers'))
  return errors
}

const parts = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const
type Bounds = { [part in (typeof parts)[number]]?: Quantity }

function limitFaults(limit: JsonObject, at: string): FieldError[] {
  const errors: FieldError[] = []
  const bounds = new Map<string, Bounds>()
  for (const part of parts) {
    const isDefault = part === 'default' || part === 'defaultRequest'
    const given = entriesOf(limit[part])
    if (isDefault && limit.type === 'Pod') {
      if (given.length > 0) errors.push(forbiddenField(`${at}.${part}`, "may not be specified when `type` is 'Pod'"))
      continue
    }
    if (part === 'maxLimitRequestRatio') errors.push(...claimFaults(limit, at))
    for (const [name, quantity] of given) {
      errors.push(...limitNameFaults(limit.type, name, `${at}.${part}[${name}]`))
      bounds.set(name, { ...bounds.get(name), [part]: quantity })
    }
  }
  return [...errors, ...[...bounds].flatMap(([name, found]) => boundFaults(name, found, at))]
}

function claimFaults(limit: JsonObject, at: string): FieldError[] {
  if (limit.type !== 'PersistentVolumeClaim') return []
  const hasStorage = [limit.min, limit.max].some((list) => isObject(list) && list.storage !== undefined)
  const detail = 'either minimum or maximum storage value is required, but neither was provided'
  return hasStorage ? [] : [required(`${at}.limits`, detail)]
}

function boundFaults(name: string, bounds: Bounds, at: string): FieldError[] {
  const { min, max, default: limit, defaultRequest: request, maxLimitRequestRatio: ratio } = bounds
  const errors: FieldError[] = []
  const text = printQuantity
  const above = (a: Quantity | undefined, b: Quantity | undefined, part: string, shown: 'a' | 'b', words: string) => {
    if (a === undefined || b === undefined || a.nanos <= b.nanos) return
    const [low, high] = words.split(' > ')
    const detail = `${low} ${text(a)} is greater than ${high} ${text(b)}`
    errors.push(invalidValue(`${at}.${part}[${name}]`, text(shown === 'a' ? a : b), detail))
  }
  above(min, max, 'min', 'a', 'min value > max value')
  above(min, request, 'defaultRequest', 'b', 'min value > default request value')
  above(request, max, 'defaultRequest', 'a', 'default request value > max value')
  above(request, limit, 'defaultRequest', 'a', 'default request value > default limit value')
  above(min, limit, 'default', 'a', 'min value > default value')
  above(limit, max, 'default', 'b', 'default value > max value')
  if (ratio !== undefined) errors.push(...ratioFaults(ratio, min, max, `${at}.maxLimitRequestRatio[${name}]`))
  const overcommits = isPlain(name) ? !isHuge(name) : name.includes('kubernetes.io/')
  if (!overcommits && limit !== undefined && request !== undefined && limit.nanos !== request.nanos)
    errors.push(
      invalidValue(
        `${at}.defaultRequest[${name}]`,
        text(request),
        `default value ${text(limit)} must equal to defaultRequest value ${text(request)} in ${name}`,
      ),
    )
  return errors
}

function ratioFaults(
  ratio: Quantity,
  min: Quantity | undefined,
  max: Quantity | undefined,
  field: string,
): FieldError[] {
  const text = printQuantity(ratio)
  const errors = ratio.nanos < 1_000_000_000n ? [invalidValue(field, text, `ratio ${text} is less than 1`)] : []
  if (min === undefined || max === undefined) return errors
  const most = Number(max.nanos) / Number(min.nanos)
  if (Number(ratio.nanos) / 1e9 > most)
    errors.push(invalidValue(field, text, `ratio ${text} is greater than max/min = ${most.toFixed(6)}`))
  return errors
}

const limitRange: KindRules = {
  defaults: (object) => {
    // A struct by value with a list that is always written.
    if (!isObject(object.spec)) object.spec = {}
    specOf(object).limits ??= null
    defaultLimits(object)
  },
  validate: (object) => {
    const seen = new Set<unknown>()
    return objects(specOf(object).limits).flatMap((limit, index) => {
      const at = `spec.limits[${index}]`
      const errors: FieldError[] = []
      const known = ['Pod', 'Container', 'PersistentVolumeClaim'].includes(String(limit.type))
      if (!known && isPlain(String(limit.type)))
        errors.push(invalidValue(`${at}.type`, limit.type ?? '', 'must be a standard limit type or fully qualified'))
      if (seen.has(limit.type))
        errors.push({ field: `${at}.type`, type: 'FieldValueDuplicate', value: limit.type, detail: '' })
      seen.add(limit.type)
      return [...errors, ...limitFaults(limit, at)]
    })
  },
}

export const limitRules: Readonly<Record<string, KindRules>> = { ResourceQuota: resourceQuota, LimitRange: limitRange }
