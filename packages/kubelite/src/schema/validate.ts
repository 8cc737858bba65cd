/** Validation of custom resources against their structural schema, with the reasons and texts of the real server. */
import type { FieldError } from '../status-error.ts'
import { formatIsValid } from './formats.ts'
import { goRegExp } from './go-regexp.ts'
import { isObject, type OpenApiSchema, type SchemaNode, schemaNode } from './node.ts'

/** All faults of `value`, each with its path (`spec.replicas`, `spec.items[0].name`). */
export function validateSchema(
  value: unknown,
  node: SchemaNode,
  path: string,
  errors: FieldError[] = [],
): FieldError[] {
  if (value === null && node.nullable) return errors
  const wrong = wrongType(value, node)
  if (wrong !== null) {
    errors.push({
      field: path,
      type: 'FieldValueTypeInvalid',
      value: goType(value),
      detail: `${path || '<nil>'} in body must be of type ${wrong}: "${goType(value)}"`,
    })
    return errors
  }
  validateValue(value, node.raw, path, errors)
  if (Array.isArray(value)) validateList(value, node, path, errors)
  else if (isObject(value)) validateMap(value, node, path, errors)
  validateCombinations(value, node, path, errors)
  return errors
}

const shown = (value: unknown) => (isObject(value) || Array.isArray(value) ? goType(value) : value)

function wrongType(value: unknown, node: SchemaNode): string | null {
  if (node.intOrString)
    return typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value)) ? null : 'integer,string'
  switch (node.type) {
    case 'object':
      return isObject(value) ? null : 'object'
    case 'array':
      return Array.isArray(value) ? null : 'array'
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) ? null : 'integer'
    case 'number':
      return typeof value === 'number' ? null : 'number'
    case 'string':
      return typeof value === 'string' ? null : 'string'
    case 'boolean':
      return typeof value === 'boolean' ? null : 'boolean'
    default:
      return null
  }
}

function goType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function validateValue(value: unknown, raw: OpenApiSchema, path: string, errors: FieldError[]): void {
  const fail = (detail: string, type: FieldError['type'] = 'FieldValueInvalid') =>
    errors.push({ field: path, type, value, detail })
  const at = `${path} in body`
  if (raw.enum !== undefined && !raw.enum.some((allowed) => JSON.stringify(allowed) === JSON.stringify(value))) {
    fail(`supported values: ${raw.enum.map((allowed) => JSON.stringify(allowed)).join(', ')}`, 'FieldValueNotSupported')
  }
  if (typeof value === 'number') {
    const { minimum, maximum, multipleOf } = raw as { minimum?: number; maximum?: number; multipleOf?: number }
    const exclusiveMinimum = raw.exclusiveMinimum === true
    const exclusiveMaximum = raw.exclusiveMaximum === true
    if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
      fail(`${at} should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`)
    if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
      fail(`${at} should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`)
    if (multipleOf !== undefined && value % multipleOf !== 0) fail(`${at} should be a multiple of ${multipleOf}`)
  }
  if (typeof value === 'string') {
    const { minLength, maxLength, pattern } = raw as { minLength?: number; maxLength?: number; pattern?: string }
    const length = [...value].length
    if (minLength !== undefined && length < minLength) fail(`${at} should be at least ${minLength} chars long`)
    if (maxLength !== undefined && length > maxLength)
      errors.push({ field: path, type: 'FieldValueTooLong', detail: `may not be more than ${maxLength} bytes` })
    if (pattern !== undefined && !goRegExp(pattern).test(value)) fail(`${at} should match '${pattern}'`)
    if (raw.format !== undefined && !formatIsValid(raw.format, value))
      fail(`${at} must be of type ${raw.format}: ${JSON.stringify(value)}`, 'FieldValueTypeInvalid')
  }
}

function validateList(value: unknown[], node: SchemaNode, path: string, errors: FieldError[]): void {
  const { minItems, maxItems, uniqueItems } = node.raw as {
    minItems?: number
    maxItems?: number
    uniqueItems?: boolean
  }
  if (minItems !== undefined && value.length < minItems)
    errors.push({
      field: path,
      type: 'FieldValueInvalid',
      value: value.length,
      detail: `${path} in body should have at least ${minItems} items`,
    })
  if (maxItems !== undefined && value.length > maxItems)
    errors.push({ field: path, type: 'FieldValueTooMany', detail: `must have at most ${maxItems} items` })
  const seen = new Set<string>()
  for (const [index, item] of value.entries()) {
    if (node.items !== undefined) validateSchema(item, node.items, `${path}[${index}]`, errors)
    if (node.listType !== 'set' && node.listType !== 'map' && uniqueItems !== true) continue
    const identity =
      node.listType === 'map' && isObject(item)
        ? Object.fromEntries(node.listKeys.map((key) => [key, item[key]]))
        : item
    const text = JSON.stringify(identity)
    if (seen.has(text))
      errors.push({ field: `${path}[${index}]`, type: 'FieldValueDuplicate', value: identity, detail: '' })
    seen.add(text)
  }
}

function validateMap(value: Record<string, unknown>, node: SchemaNode, path: string, errors: FieldError[]): void {
  const at = (key: string) => (path === '' ? key : `${path}.${key}`)
  for (const name of node.required) {
    if (value[name] === undefined) errors.push({ field: at(name), type: 'FieldValueRequired', detail: '' })
  }
  if (node.embedded) {
    for (const name of ['apiVersion', 'kind']) {
      if (value[name] === undefined) errors.push({ field: at(name), type: 'FieldValueRequired', detail: '' })
      else if (value[name] === '')
        errors.push({ field: at(name), type: 'FieldValueInvalid', value: '', detail: 'must not be empty' })
    }
  }
  const { minProperties, maxProperties } = node.raw as { minProperties?: number; maxProperties?: number }
  const count = Object.keys(value).length
  if (minProperties !== undefined && count < minProperties)
    errors.push({
      field: path,
      type: 'FieldValueInvalid',
      value: count,
      detail: `${path} in body should have at least ${minProperties} properties`,
    })
  if (maxProperties !== undefined && count > maxProperties)
    errors.push({ field: path, type: 'FieldValueTooMany', detail: `must have at most ${maxProperties} items` })
  for (const [key, inner] of Object.entries(value)) {
    const child = node.property(key)
    if (child !== undefined)
      validateSchema(inner, child, node.properties.has(key) || path === '' ? at(key) : `${path}.${key}`, errors)
  }
}

function validateCombinations(value: unknown, node: SchemaNode, path: string, errors: FieldError[]): void {
  const { allOf, anyOf, oneOf, not } = node.raw
  const passes = (schema: OpenApiSchema) => validateSchema(value, childOf(schema), path).length === 0
  const fail = (detail: string) => errors.push({ field: path, type: 'FieldValueInvalid', value: shown(value), detail })
  for (const schema of allOf ?? []) validateSchema(value, childOf(schema), path, errors)
  if (node.intOrString) return
  if (anyOf !== undefined && !anyOf.some(passes)) fail(`${path} in body must validate at least one schema (anyOf)`)
  if (oneOf !== undefined && oneOf.filter(passes).length !== 1)
    fail(`${path} in body must validate one and only one schema (oneOf)`)
  if (not !== undefined && passes(not)) fail(`${path} in body must not validate the schema (not)`)
}

const nodes = new WeakMap<OpenApiSchema, SchemaNode>()
function childOf(schema: OpenApiSchema): SchemaNode {
  let node = nodes.get(schema)
  if (node === undefined) {
    node = schemaNode(schema)
    nodes.set(schema, node)
  }
  return node
}
