/** The important rules of the built-in kinds, with the paths, reasons and texts of k8s.io/kubernetes/pkg/apis/…/validation. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { sameJson } from '../patch/json-patch.ts'
import type { Resource } from '../registry/resource.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { forbiddenField, invalidValue, objectAt, required } from './field-errors.ts'
import { validatePodSpec, validatePodUpdate } from './pod-validation.ts'
import { kindRules } from './rules.ts'
import { validateSecretType } from './secret.ts'

const specOf = (object: KubeObject): JsonObject => objectAt(object.spec)

type Rule = (object: KubeObject) => FieldError[]

const dataKeys: Rule = (object) => {
  const errors: FieldError[] = []
  for (const field of ['data', 'binaryData'] as const) {
    for (const key of Object.keys(isObject(object[field]) ? (object[field] as JsonObject) : {})) {
      if (!/^[-._a-zA-Z0-9]+$/.test(key) || key.length > 253 || key === '.' || key === '..') {
        errors.push(
          invalidValue(
            `${field}[${key}]`,
            key,
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
          ),
        )
      }
    }
  }
  const [data, binary] = [objectAt(object.data), objectAt(object.binaryData)]
  for (const key of Object.keys(data).filter((each) => binary[each] !== undefined))
    errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'))
  if (JSON.stringify(object.data ?? {}).length > 1_048_576 * 1.4)
    errors.push({ field: 'data', type: 'FieldValueTooLong', detail: 'may not be more than 1048576 bytes' })
  return errors
}

/** The keys that the types of Kubernetes itself must have. */
const role: Rule = (object) => {
  const rules = Array.isArray(object.rules) ? object.rules.filter(isObject) : []
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
  return rules.flatMap((rule, index) => {
    const errors: FieldError[] = []
    if (list(rule.verbs).length === 0)
      errors.push(required(`rules[${index}].verbs`, 'verbs must contain at least one value'))
    if (list(rule.nonResourceURLs).length > 0) {
      if (object.kind === 'Role')
        errors.push(
          invalidValue(
            `rules[${index}].nonResourceURLs`,
            rule.nonResourceURLs,
            'namespaced rules cannot apply to non-resource URLs',
          ),
        )
      if (list(rule.apiGroups).length > 0 || list(rule.resources).length > 0)
        errors.push(
          invalidValue(
            `rules[${index}].nonResourceURLs`,
            rule.nonResourceURLs,
            'rules cannot apply to both regular resources and non-resource URLs',
          ),
        )
      return errors
    }
    if (list(rule.apiGroups).length === 0)
      errors.push(required(`rules[${index}].apiGroups`, 'resource rules must supply at least one api group'))
    if (list(rule.resources).length === 0)
      errors.push(required(`rules[${index}].resources`, 'resource rules must supply at least one resource'))
    return errors
  })
}

const roleBinding: Rule = (object) => {
  const errors: FieldError[] = []
  const ref = isObject(object.roleRef) ? object.roleRef : {}
  const kinds = object.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole']
  if (ref.apiGroup !== 'rbac.authorization.k8s.io')
    errors.push({
      field: 'roleRef.apiGroup',
      type: 'FieldValueNotSupported',
      value: ref.apiGroup ?? '',
      detail: 'supported values: "rbac.authorization.k8s.io"',
    })
  if (!kinds.includes(String(ref.kind)))
    errors.push({
      field: 'roleRef.kind',
      type: 'FieldValueNotSupported',
      value: ref.kind ?? '',
      detail: `supported values: ${kinds.map((kind) => JSON.stringify(kind)).join(', ')}`,
    })
  if (!ref.name) errors.push(required('roleRef.name'))
  for (const [index, subject] of (Array.isArray(object.subjects) ? object.subjects.filter(isObject) : []).entries()) {
    const at = `subjects[${index}]`
    if (!subject.name) errors.push(required(`${at}.name`))
    if (!['ServiceAccount', 'User', 'Group'].includes(String(subject.kind)))
      errors.push({
        field: `${at}.kind`,
        type: 'FieldValueNotSupported',
        value: subject.kind ?? '',
        detail: 'supported values: "ServiceAccount", "User", "Group"',
      })
    if (subject.kind === 'ServiceAccount' && !subject.namespace) errors.push(required(`${at}.namespace`))
  }
  return errors
}

const lease: Rule = (object) => {
  const spec = specOf(object)
  const seconds = spec.leaseDurationSeconds
  return typeof seconds === 'number' && seconds <= 0
    ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
    : []
}

const event: Rule = (object) => {
  const involved = isObject(object.involvedObject) ? object.involvedObject : {}
  const namespace = involved.namespace ?? 'default'
  return involved.namespace !== undefined && object.metadata.namespace !== namespace
    ? [invalidValue('involvedObject.namespace', involved.namespace, 'does not match event.namespace')]
    : []
}

const rules: Readonly<Record<string, Rule>> = {
  Pod: (object) => validatePodSpec(specOf(object), 'spec'),
  ConfigMap: dataKeys,
  Secret: (object) => [...dataKeys(object), ...validateSecretType(object)],
  Role: role,
  ClusterRole: role,
  RoleBinding: roleBinding,
  ClusterRoleBinding: roleBinding,
  Lease: lease,
  Event: event,
}

export function validateKind(_resource: Resource, object: KubeObject): FieldError[] {
  return rules[object.kind]?.(object) ?? kindRules[object.kind]?.validate?.(object) ?? []
}

/** Immutable fields of a kind. */
export function validateKindUpdate(_resource: Resource, object: KubeObject, old: KubeObject): FieldError[] {
  switch (object.kind) {
    case 'Pod':
      return validatePodUpdate(object, old)
    case 'ConfigMap':
    case 'Secret':
      return immutableData(object, old)
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return sameJson(object.roleRef, old.roleRef)
        ? []
        : [invalidValue('roleRef', object.roleRef, 'cannot change roleRef')]
    default:
      return kindRules[object.kind]?.validateUpdate?.(object, old) ?? []
  }
}

function immutableData(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = []
  if (object.kind === 'Secret' && object.type !== old.type)
    errors.push(invalidValue('type', object.type, 'field is immutable'))
  if (old.immutable !== true) return errors
  if (object.immutable !== true) errors.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'))
  for (const field of ['data', 'binaryData']) {
    if (!sameJson(object[field] ?? {}, old[field] ?? {}))
      errors.push(forbiddenField(field, 'field is immutable when `immutable` is set'))
  }
  return errors
}
