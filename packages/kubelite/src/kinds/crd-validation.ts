/** Rules of CustomResourceDefinition v1: names, versions, structural schema. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { nameFault } from './names.ts'

const required = (field: string, detail = ''): FieldError => ({ field, type: 'FieldValueRequired', detail })

export function validateCrd(crd: KubeObject): FieldError[] {
  const spec = isObject(crd.spec) ? crd.spec : {}
  const names = isObject(spec.names) ? spec.names : {}
  const versions = Array.isArray(spec.versions) ? spec.versions.filter(isObject) : []
  const errors: FieldError[] = []
  const expected = `${String(names.plural ?? '')}.${String(spec.group ?? '')}`
  if (crd.metadata.name !== expected)
    errors.push({
      field: 'metadata.name',
      type: 'FieldValueInvalid',
      value: crd.metadata.name,
      detail: 'must be spec.names.plural+"."+spec.group',
    })
  if (!spec.group) errors.push(required('spec.group'))
  else if (!String(spec.group).includes('.'))
    errors.push({
      field: 'spec.group',
      type: 'FieldValueInvalid',
      value: spec.group,
      detail: 'should be a domain with at least one dot',
    })
  if (spec.scope !== 'Namespaced' && spec.scope !== 'Cluster') {
    errors.push(
      spec.scope
        ? {
            field: 'spec.scope',
            type: 'FieldValueNotSupported',
            value: spec.scope,
            detail: 'supported values: "Cluster", "Namespaced"',
          }
        : required('spec.scope'),
    )
  }
  for (const name of ['plural', 'kind'] as const) if (!names[name]) errors.push(required(`spec.names.${name}`))
  for (const detail of nameFault(String(names.plural ?? 'x'), 'label1035'))
    errors.push({ field: 'spec.names.plural', type: 'FieldValueInvalid', value: names.plural, detail })
  if (versions.filter((version) => version.storage === true).length !== 1) {
    errors.push({
      field: 'spec.versions',
      type: 'FieldValueInvalid',
      value: versions.map((version) => version.name),
      detail: 'must have exactly one version marked as storage version',
    })
  }
  for (const [index, version] of versions.entries()) errors.push(...validateVersion(version, `spec.versions[${index}]`))
  if (isObject(spec.conversion) && spec.conversion.strategy === 'Webhook')
    errors.push({
      field: 'spec.conversion.strategy',
      type: 'FieldValueNotSupported',
      value: 'Webhook',
      detail: 'supported values: "None"',
    })
  return errors
}

function validateVersion(version: JsonObject, path: string): FieldError[] {
  const schema = isObject(version.schema) ? version.schema.openAPIV3Schema : undefined
  if (!isObject(schema)) return [required(`${path}.schema.openAPIV3Schema`, 'schemas are required')]
  const errors: FieldError[] = []
  if (schema.type !== 'object')
    errors.push({
      field: `${path}.schema.openAPIV3Schema.type`,
      type: 'FieldValueInvalid',
      value: schema.type ?? '',
      detail: 'must be object at the root',
    })
  return [...errors, ...validateStructural(schema, `${path}.schema.openAPIV3Schema`, true)]
}

/** Every node has a type, and nothing that a structural schema may not use. */
function validateStructural(schema: JsonObject, path: string, root = false): FieldError[] {
  const errors: FieldError[] = []
  const free = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  if (!root && !schema.type && !free)
    errors.push(required(`${path}.type`, 'must not be empty for specified object fields'))
  if (schema.uniqueItems === true)
    errors.push({
      field: `${path}.uniqueItems`,
      type: 'FieldValueForbidden',
      detail: 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    })
  if (schema.$ref !== undefined)
    errors.push({ field: `${path}.$ref`, type: 'FieldValueForbidden', detail: '$ref is not supported' })
  if (Array.isArray(schema['x-kubernetes-validations']) && schema['x-kubernetes-validations'].length > 0) {
    errors.push({
      field: `${path}.x-kubernetes-validations`,
      type: 'FieldValueForbidden',
      detail: 'kubelite does not evaluate CEL rules',
    })
  }
  for (const [name, inner] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    if (isObject(inner) && !(root && (name === 'metadata' || name === 'apiVersion' || name === 'kind')))
      errors.push(...validateStructural(inner, `${path}.properties[${name}]`))
  }
  if (isObject(schema.items)) errors.push(...validateStructural(schema.items, `${path}.items`))
  if (schema.type === 'array' && !isObject(schema.items)) errors.push(required(`${path}.items`, 'must be specified'))
  if (isObject(schema.additionalProperties))
    errors.push(...validateStructural(schema.additionalProperties, `${path}.additionalProperties`))
  return errors
}
