/** Rules of CustomResourceDefinition v1: names, versions, structural schema. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { sameJson } from '../patch/json-patch.ts'
import { goRegExp } from '../schema/go-regexp.ts'
import { isObject, type JsonObject, type OpenApiSchema } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { validateCrdRules } from './crd-rules.ts'
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
  // A schema that all versions share is named once, as in the server's own form of a CRD.
  const [first, ...others] = versions
  if (first !== undefined && others.every((version) => sameJson(version.schema, first.schema)))
    errors.push(...validateVersion(first, 'spec.validation'))
  else
    for (const [index, version] of versions.entries())
      errors.push(...validateVersion(version, `spec.versions[${index}].schema`))
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
  if (!isObject(schema)) return [required(`${path}.openAPIV3Schema`, 'schemas are required')]
  const at = `${path}.openAPIV3Schema`
  const errors: FieldError[] = []
  if (schema.type !== 'object')
    errors.push({
      field: `${at}.type`,
      type: 'FieldValueInvalid',
      value: schema.type ?? '',
      detail: 'must be object at the root',
    })
  errors.push(...validateStructural(schema, at, true))
  // Rules are compiled against a structure that holds.
  return errors.length > 0 ? errors : validateCrdRules(schema as OpenApiSchema, at)
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
  if (typeof schema.pattern === 'string' && !isPattern(schema.pattern))
    errors.push({
      field: `${path}.pattern`,
      type: 'FieldValueInvalid',
      value: schema.pattern,
      detail: 'must be a valid regular expression, but is not',
    })
  if (schema.$ref !== undefined)
    errors.push({ field: `${path}.$ref`, type: 'FieldValueForbidden', detail: '$ref is not supported' })
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

function isPattern(text: string): boolean {
  try {
    goRegExp(text)
    return true
  } catch {
    return false
  }
}
