/** Where a pod may run: node selectors, affinity, spread and tolerations (k8s.io/kubernetes/pkg/apis/core/validation). */
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'
import { keyFaults, nameFault, validateLabels, valueFaults } from './names.ts'

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const keyErrors = (key: unknown, field: string): FieldError[] =>
  keyFaults(String(key ?? '')).map((detail) => invalidValue(field, key ?? '', detail))

export function validatePlacement(spec: JsonObject, path: string): FieldError[] {
  return [
    ...affinity(isObject(spec.affinity) ? spec.affinity : {}, `${path}.affinity`),
    ...spread(objects(spec.topologySpreadConstraints), `${path}.topologySpreadConstraints`),
  ]
}

export const validateTolerations = (spec: JsonObject, path: string): FieldError[] =>
  objects(spec.tolerations).flatMap((one, index) => toleration(one, `${path}.tolerations[${index}]`))

function affinity(rules: JsonObject, path: string): FieldError[] {
  const errors = isObject(rules.nodeAffinity) ? nodeAffinity(rules.nodeAffinity, `${path}.nodeAffinity`) : []
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const found = rules[kind]
    if (isObject(found)) errors.push(...podAffinity(found, `${path}.${kind}`))
  }
  return errors
}

const requiredRule = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferredRule = 'preferredDuringSchedulingIgnoredDuringExecution'
const weightErrors = (weight: unknown, field: string): FieldError[] =>
  typeof weight === 'number' && weight >= 1 && weight <= 100
    ? []
    : [invalidValue(field, weight ?? 0, 'must be in the range 1-100')]

function nodeAffinity(rules: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = []
  const wanted = rules[requiredRule]
  if (isObject(wanted)) {
    const at = `${path}.${requiredRule}.nodeSelectorTerms`
    const terms = objects(wanted.nodeSelectorTerms)
    if (terms.length === 0) errors.push(required(at, 'must have at least one node selector term'))
    errors.push(...terms.flatMap((term, index) => nodeTerm(term, `${at}[${index}]`, true)))
  }
  for (const [index, term] of objects(rules[preferredRule]).entries()) {
    const at = `${path}.${preferredRule}[${index}]`
    errors.push(...weightErrors(term.weight, `${at}.weight`))
    errors.push(...nodeTerm(isObject(term.preference) ? term.preference : {}, `${at}.preference`, false))
  }
  return errors
}

function nodeTerm(term: JsonObject, path: string, checkValues: boolean): FieldError[] {
  const expressions = objects(term.matchExpressions).flatMap((one, index) =>
    requirement(one, `${path}.matchExpressions[${index}]`, true, checkValues),
  )
  const fields = objects(term.matchFields).flatMap((one, index) =>
    fieldRequirement(one, `${path}.matchFields[${index}]`),
  )
  return [...expressions, ...fields]
}

/** One requirement of a node's labels (with `Gt` and `Lt`) or of a label selector. */
function requirement(one: JsonObject, path: string, ofNode: boolean, checkValues = true): FieldError[] {
  const values = texts(one.values)
  const operator = String(one.operator ?? '')
  const errors: FieldError[] = []
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
    if (values.length > 0) errors.push(forbiddenField(`${path}.values`, detail))
  } else if (ofNode && (operator === 'Gt' || operator === 'Lt')) {
    if (values.length !== 1)
      errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
  } else errors.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'))
  errors.push(...keyErrors(one.key, `${path}.key`))
  if (!checkValues) return errors
  for (const [index, value] of values.entries())
    for (const detail of valueFaults(value)) errors.push(invalidValue(`${path}.values[${index}]`, value, detail))
  return errors
}

function fieldRequirement(one: JsonObject, path: string): FieldError[] {
  const values = texts(one.values)
  const errors: FieldError[] = []
  if (one.operator !== 'In' && one.operator !== 'NotIn')
    errors.push(invalidValue(`${path}.operator`, one.operator ?? '', 'not a valid selector operator'))
  else if (values.length !== 1)
    errors.push(
      required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    )
  if (one.key !== 'metadata.name')
    errors.push(invalidValue(`${path}.key`, one.key ?? '', 'not a valid field selector key'))
  return errors
}

export function validateLabelSelector(selector: unknown, path: string): FieldError[] {
  if (!isObject(selector)) return []
  const expressions = objects(selector.matchExpressions).flatMap((one, index) =>
    requirement(one, `${path}.matchExpressions[${index}]`, false),
  )
  return [...validateLabels(selector.matchLabels, `${path}.matchLabels`), ...expressions]
}

function podAffinity(rules: JsonObject, path: string): FieldError[] {
  const hard = objects(rules[requiredRule]).flatMap((term, index) => podTerm(term, `${path}.${requiredRule}[${index}]`))
  const soft = objects(rules[preferredRule]).flatMap((weighted, index) => {
    const at = `${path}.${preferredRule}[${index}]`
    const term = isObject(weighted.podAffinityTerm) ? weighted.podAffinityTerm : {}
    return [...weightErrors(weighted.weight, `${at}.weight`), ...podTerm(term, `${at}.podAffinityTerm`)]
  })
  return [...hard, ...soft]
}

function podTerm(term: JsonObject, path: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(term.labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`),
  ]
  for (const name of texts(term.namespaces))
    errors.push(...nameFault(name, 'label').map((detail) => invalidValue(`${path}.namespace`, name, detail)))
  if (!term.topologyKey) errors.push(required(`${path}.topologyKey`, 'can not be empty'))
  return [...errors, ...keyErrors(term.topologyKey, `${path}.topologyKey`)]
}

function spread(constraints: readonly JsonObject[], path: string): FieldError[] {
  const idOf = (one: JsonObject) => `{${String(one.topologyKey)}, ${String(one.whenUnsatisfiable)}}`
  return constraints.flatMap((one, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = []
    if (typeof one.maxSkew !== 'number' || one.maxSkew < 1)
      errors.push(invalidValue(`${at}.maxSkew`, one.maxSkew ?? 0, 'must be greater than zero'))
    if (!one.topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'))
    else errors.push(...keyErrors(one.topologyKey, `${at}.topologyKey`))
    if (one.whenUnsatisfiable !== 'DoNotSchedule' && one.whenUnsatisfiable !== 'ScheduleAnyway')
      errors.push(
        notSupported(`${at}.whenUnsatisfiable`, one.whenUnsatisfiable ?? '', ['DoNotSchedule', 'ScheduleAnyway']),
      )
    if (constraints.slice(index + 1).some((other) => idOf(other) === idOf(one)))
      errors.push({
        field: `${at}.{topologyKey, whenUnsatisfiable}`,
        type: 'FieldValueDuplicate',
        value: idOf(one),
        detail: '',
      })
    return [...errors, ...validateLabelSelector(one.labelSelector, `${at}.labelSelector`)]
  })
}

function toleration(one: JsonObject, path: string): FieldError[] {
  const { key, operator = '', effect, value } = one
  const errors = key ? keyErrors(key, `${path}.key`) : []
  const matchesAll = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
  if (!key && operator !== 'Exists') errors.push(invalidValue(`${path}.operator`, operator, matchesAll))
  if (one.tolerationSeconds !== undefined && effect !== 'NoExecute')
    errors.push(
      invalidValue(`${path}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"),
    )
  if (operator === 'Equal' || operator === '') {
    const faults = valueFaults(String(value ?? ''))
    if (faults.length > 0) errors.push(invalidValue(`${path}.operator`, value, faults.join(';')))
  } else if (operator === 'Exists') {
    if (value) errors.push(invalidValue(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"))
  } else errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']))
  if (
    effect !== undefined &&
    effect !== '' &&
    !['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(String(effect))
  )
    errors.push(notSupported(`${path}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']))
  return errors
}
