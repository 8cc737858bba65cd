/** What makes a CRD's schema structural (apiextensions' schema/validation.go): every value has a known type and known fields. */
import { applyDefaults } from '../schema/defaults.ts'
import { goRegExp } from '../schema/go-regexp.ts'
import { isObject, type JsonObject, type OpenApiSchema, schemaNode } from '../schema/node.ts'
import { pruneUnknown } from '../schema/unknown-fields.ts'
import { validateSchema } from '../schema/validate.ts'
import type { FieldError } from '../status-error.ts'

const required = (field: string, detail = ''): FieldError => ({ field, type: 'FieldValueRequired', detail })
const forbidden = (field: string, detail: string): FieldError => ({ field, type: 'FieldValueForbidden', detail })
const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  field,
  type: 'FieldValueInvalid',
  value,
  detail,
})
const unsupported = (field: string, value: unknown, allowed: readonly string[]): FieldError => ({
  field,
  type: 'FieldValueNotSupported',
  value,
  detail: `supported values: ${allowed.map((item) => JSON.stringify(item)).join(', ')}`,
})

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const unusable = [
  'definitions',
  'dependencies',
  'deprecated',
  'discriminator',
  'id',
  'patternProperties',
  'readOnly',
  'writeOnly',
  'xml',
]

export function validateStructural(schema: JsonObject, path: string, root = false): FieldError[] {
  if (schema.$ref !== undefined) return [forbidden(`${path}.$ref`, '$ref is not supported')]
  return [
    ...childrenOf(schema, path).flatMap(([inner, at]) => validateStructural(inner, at)),
    ...(root ? validateMetadata(schema, path) : []),
    ...validateType(schema, path, root),
    ...validateKeywords(schema, path),
    ...validateListType(schema, path),
    ...validateEmbedded(schema, path),
    ...['allOf', 'anyOf', 'oneOf'].flatMap((name) =>
      validateBranches(schema[name], `${path}.${name}`, schema['x-kubernetes-int-or-string'] === true),
    ),
    ...(root || schema.default === undefined ? [] : validateDefault(schema, `${path}.default`)),
  ]
}

function childrenOf(schema: JsonObject, path: string): [schema: JsonObject, path: string][] {
  const out: [JsonObject, string][] = Object.entries(isObject(schema.properties) ? schema.properties : {}).flatMap(
    ([name, inner]) => (isObject(inner) ? [[inner, `${path}.properties[${name}]`] as [JsonObject, string]] : []),
  )
  if (isObject(schema.items)) out.push([schema.items, `${path}.items`])
  if (isObject(schema.additionalProperties)) out.push([schema.additionalProperties, `${path}.additionalProperties`])
  return out
}

function validateMetadata(schema: JsonObject, path: string): FieldError[] {
  const metadata = isObject(schema.properties) ? schema.properties.metadata : undefined
  const fields = Object.keys(isObject(metadata) && isObject(metadata.properties) ? metadata.properties : {})
  return fields.every((name) => name === 'name' || name === 'generateName')
    ? []
    : [
        forbidden(
          `${path}.properties[metadata]`,
          'must not specify anything other than name and generateName, but metadata is implicitly specified',
        ),
      ]
}

function validateType(schema: JsonObject, path: string, root: boolean): FieldError[] {
  const { type } = schema
  if (typeof type === 'string' && type !== '' && !types.includes(type))
    return [unsupported(`${path}.type`, type, types)]
  if (root) {
    if (!type) return [required(`${path}.type`, 'must not be empty at the root')]
    return type === 'object' ? [] : [invalid(`${path}.type`, type, 'must be object at the root')]
  }
  const free = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  if (!type && !free) return [required(`${path}.type`, 'must not be empty for specified object fields')]
  if (type === 'array' && !isObject(schema.items)) return [required(`${path}.items`, 'must be specified')]
  return []
}

function validateKeywords(schema: JsonObject, path: string): FieldError[] {
  const errors = unusable
    .filter((name) => schema[name] !== undefined)
    .map((name) => forbidden(`${path}.${name}`, `${name} is not supported`))
  if (schema.uniqueItems === true)
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    )
  if (typeof schema.pattern === 'string' && !isPattern(schema.pattern))
    errors.push(invalid(`${path}.pattern`, schema.pattern, "must be a valid regular expression, but isn't"))
  if (schema.properties !== undefined && schema.additionalProperties !== undefined)
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'))
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

function validateListType(schema: JsonObject, path: string): FieldError[] {
  const kind = schema['x-kubernetes-list-type']
  if (kind === undefined || kind === null || kind === 'atomic') return []
  if (kind !== 'set' && kind !== 'map')
    return [unsupported(`${path}.x-kubernetes-list-type`, kind, ['atomic', 'set', 'map'])]
  const items = isObject(schema.items) ? schema.items : {}
  if (kind === 'set') {
    return items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic'
      ? [
          invalid(
            `${path}.items.x-kubernetes-map-type`,
            items['x-kubernetes-map-type'] ?? null,
            'must be atomic as item of a list with x-kubernetes-list-type=set',
          ),
        ]
      : []
  }
  const at = `${path}.x-kubernetes-list-map-keys`
  const keys = Array.isArray(schema['x-kubernetes-list-map-keys'])
    ? schema['x-kubernetes-list-map-keys'].map(String)
    : []
  if (keys.length === 0) return [required(at, 'must not be empty if x-kubernetes-list-type is map')]
  const properties = isObject(items.properties) ? items.properties : {}
  if (!keys.every((key) => isObject(properties[key])))
    return [invalid(at, keys, 'entries must all be names of item properties')]
  const mustBe = Array.isArray(items.required) ? items.required : []
  return keys
    .filter((key) => !mustBe.includes(key) && (properties[key] as JsonObject).default === undefined)
    .map((key) =>
      required(
        `${path}.items.properties[${key}].default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      ),
    )
}

function validateEmbedded(schema: JsonObject, path: string): FieldError[] {
  if (schema['x-kubernetes-embedded-resource'] !== true) return []
  const errors: FieldError[] = []
  if (schema.properties === undefined && schema['x-kubernetes-preserve-unknown-fields'] !== true)
    errors.push(
      required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    )
  if (schema.type !== 'object')
    errors.push(invalid(`${path}.type`, schema.type, 'must be object if x-kubernetes-embedded-resource is true'))
  return errors
}

/** Branches restrict values only: they say nothing of the structure. */
function validateBranches(branches: unknown, path: string, intOrString: boolean): FieldError[] {
  if (!Array.isArray(branches)) return []
  return branches.flatMap((branch, index) =>
    ['type', 'default', 'nullable', 'additionalProperties'].flatMap((name) =>
      isObject(branch) && branch[name] !== undefined && !(name === 'type' && intOrString)
        ? [forbidden(`${path}[${index}].${name}`, 'must be empty to be structural')]
        : [],
    ),
  )
}

function validateDefault(schema: JsonObject, path: string): FieldError[] {
  const node = schemaNode(schema as OpenApiSchema)
  const unknown: string[] = []
  pruneUnknown(schema.default, node, unknown)
  if (unknown.length > 0) return [invalid(path, schema.default, 'must not have unknown fields')]
  return validateSchema(applyDefaults(schema.default, node), node, '').map((error) => ({
    ...error,
    field: error.field === '' ? path : `${path}.${error.field}`,
    detail: error.detail.replace('<nil> in body', ' in body'),
  }))
}
