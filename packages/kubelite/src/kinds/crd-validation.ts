/** Rules of CustomResourceDefinition v1: names, versions, subresources, columns; the schema's own are in crd-schema.ts. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { sameJson } from '../patch/json-patch.ts'
import { isObject, type JsonObject, type OpenApiSchema, type SchemaNode, schemaNode } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { validateCrdRules } from './crd-rules.ts'
import { validateStructural } from './crd-schema.ts'
import { nameFault } from './names.ts'

const required = (field: string, detail = ''): FieldError => ({ field, type: 'FieldValueRequired', detail })
const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  field,
  type: 'FieldValueInvalid',
  value,
  detail,
})

export function validateCrd(crd: KubeObject): FieldError[] {
  const spec = isObject(crd.spec) ? crd.spec : {}
  const versions = Array.isArray(spec.versions) ? spec.versions.filter(isObject) : []
  return [
    ...validateIdentity(crd, spec),
    ...validateNames(isObject(spec.names) ? spec.names : {}),
    ...validateVersions(versions),
    ...validateConversion(spec),
    ...validateStored(crd, versions),
  ]
}

function validateIdentity(crd: KubeObject, spec: JsonObject): FieldError[] {
  const names = isObject(spec.names) ? spec.names : {}
  const errors: FieldError[] = []
  if (crd.metadata.name !== `${String(names.plural ?? '')}.${String(spec.group ?? '')}`)
    errors.push(invalid('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group'))
  if (!spec.group) errors.push(required('spec.group'))
  else if (!String(spec.group).includes('.'))
    errors.push(invalid('spec.group', spec.group, 'should be a domain with at least one dot'))
  if (!spec.scope) errors.push(required('spec.scope'))
  else if (spec.scope !== 'Namespaced' && spec.scope !== 'Cluster')
    errors.push({
      field: 'spec.scope',
      type: 'FieldValueNotSupported',
      value: spec.scope,
      detail: 'supported values: "Cluster", "Namespaced"',
    })
  if (spec.preserveUnknownFields === true)
    errors.push(
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    )
  return errors
}

function validateNames(names: JsonObject): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const) {
    const value = names[name]
    if (!value) {
      errors.push(required(`spec.names.${name}`))
      continue
    }
    const isKind = name === 'kind' || name === 'listKind'
    for (const detail of nameFault(isKind ? String(value).toLowerCase() : String(value), 'label1035'))
      errors.push(
        invalid(
          `spec.names.${name}`,
          value,
          `${isKind ? 'may have mixed case, but should otherwise match: ' : ''}${detail}`,
        ),
      )
  }
  if (names.kind && names.kind === names.listKind)
    errors.push(invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'))
  return errors
}

function validateVersions(versions: readonly JsonObject[]): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, version] of versions.entries()) {
    for (const detail of nameFault(String(version.name ?? ''), 'label1035'))
      errors.push(invalid(`spec.versions[${index}].name`, version.name, detail))
    if (version.deprecationWarning !== undefined && version.deprecated !== true)
      errors.push(
        invalid(
          `spec.versions[${index}].deprecationWarning`,
          version.deprecationWarning,
          'can only be set for deprecated versions',
        ),
      )
  }
  const names = versions.map((version) => version.name)
  if (new Set(names).size !== names.length)
    errors.push(invalid('spec.versions', versions.map(shownVersion), 'must contain unique version names'))
  if (versions.filter((version) => version.storage === true).length !== 1)
    errors.push(
      invalid('spec.versions', versions.map(shownVersion), 'must have exactly one version marked as storage version'),
    )
  // What all versions share is named once, as in the server's own form of a CRD.
  const [first, ...others] = versions
  const shared = (key: string) => others.every((version) => sameJson(version[key], first?.[key]))
  const perVersion = (key: string, check: (version: JsonObject, path: string) => FieldError[], hub: string) =>
    first !== undefined && shared(key)
      ? check(first, hub)
      : versions.flatMap((version, index) => check(version, `spec.versions[${index}].${key}`))
  return [
    ...errors,
    ...versions.flatMap((version, index) => missingSchema(version, index)),
    ...perVersion('schema', validateSchemaOf, 'spec.validation'),
    ...perVersion('subresources', validateScale, 'spec.subresources'),
    ...perVersion('additionalPrinterColumns', validateColumns, 'spec.additionalPrinterColumns'),
    ...perVersion('selectableFields', validateSelectable, 'spec.selectableFields'),
  ]
}

/** As Go prints its own form of a version, in which what all versions share is not set. */
const shownVersion = (version: JsonObject) => ({
  Name: version.name,
  Served: version.served === true,
  Storage: version.storage === true,
  Deprecated: version.deprecated === true,
  DeprecationWarning: version.deprecationWarning ?? null,
  Schema: null,
  Subresources: null,
  AdditionalPrinterColumns: null,
  SelectableFields: null,
})

const schemaOf = (version: JsonObject): JsonObject | undefined => {
  const schema = isObject(version.schema) ? version.schema.openAPIV3Schema : undefined
  return isObject(schema) ? schema : undefined
}
const missingSchema = (version: JsonObject, index: number): FieldError[] =>
  schemaOf(version) === undefined ? [required(`spec.versions[${index}].schema.openAPIV3Schema`)] : []

function validateSchemaOf(version: JsonObject, path: string): FieldError[] {
  const schema = schemaOf(version)
  if (schema === undefined) return []
  const at = `${path}.openAPIV3Schema`
  const errors = validateStructural(schema, at, true)
  // Rules are compiled against a structure that holds.
  return errors.length > 0 ? errors : validateCrdRules(schema as OpenApiSchema, at)
}

function validateScale(version: JsonObject, path: string): FieldError[] {
  const scale = isObject(version.subresources) ? version.subresources.scale : undefined
  if (!isObject(scale)) return []
  return [
    ['specReplicasPath', '.spec.', true],
    ['statusReplicasPath', '.status.', true],
    ['labelSelectorPath', '', false],
  ].flatMap(([name, prefix, needed]) => {
    const value = scale[String(name)]
    const at = `${path}.scale.${String(name)}`
    if (value === undefined || value === '') return needed ? [required(at)] : []
    if (!isSimplePath(value)) return [invalid(at, value, 'must be a simple json path starting with .')]
    if (!String(value).startsWith(String(prefix)))
      return [invalid(at, value, `should be a json path under ${String(prefix).slice(0, -1)}`)]
    if (prefix === '' && !/^\.(spec|status)\./.test(String(value)))
      return [invalid(at, value, 'should be a json path under either .spec or .status')]
    return []
  })
}

const isSimplePath = (value: unknown): boolean =>
  typeof value === 'string' && /^\.[^.]/.test(value) && !/[\s]/.test(value.replaceAll(/\[\?\(.*?\)\]/g, ''))

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']

function validateColumns(version: JsonObject, path: string): FieldError[] {
  const columns = Array.isArray(version.additionalPrinterColumns)
    ? version.additionalPrinterColumns.filter(isObject)
    : []
  return columns.flatMap((column, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = column.name ? [] : [required(`${at}.name`)]
    if (!column.type) errors.push(required(`${at}.type`, `must be one of ${columnTypes.join(',')}`))
    else if (!columnTypes.includes(String(column.type)))
      errors.push(invalid(`${at}.type`, column.type, `must be one of ${columnTypes.join(',')}`))
    if (!column.jsonPath) errors.push(required(`${at}.JSONPath`))
    else if (!isSimplePath(column.jsonPath))
      errors.push(invalid(`${at}.JSONPath`, column.jsonPath, 'must be a simple json path starting with .'))
    return errors
  })
}

function validateSelectable(version: JsonObject, path: string): FieldError[] {
  const fields = Array.isArray(version.selectableFields) ? version.selectableFields.filter(isObject) : []
  const schema = schemaOf(version)
  const root = schema === undefined ? undefined : schemaNode(schema as OpenApiSchema)
  return fields.flatMap((field, index) => {
    const at = `${path}[${index}].jsonPath`
    if (!field.jsonPath) return [required(at)]
    const steps = String(field.jsonPath).split('.').filter(Boolean)
    const found = steps.reduce<SchemaNode | undefined>((node, step) => node?.properties.get(step), root)
    if (found === undefined) return [invalid(at, field.jsonPath, 'is an invalid path: does not refer to a valid field')]
    return ['string', 'integer', 'boolean'].includes(found.type ?? '')
      ? []
      : [
          invalid(
            at,
            field.jsonPath,
            'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
          ),
        ]
  })
}

/** Webhooks would be called on each read and write in another version: not here, and said so. */
function validateConversion(spec: JsonObject): FieldError[] {
  const conversion = isObject(spec.conversion) ? spec.conversion : {}
  const { strategy } = conversion
  if (strategy === undefined || strategy === 'None') return []
  const field = 'spec.conversion.strategy'
  if (strategy === 'Webhook')
    return [{ field, type: 'FieldValueForbidden', detail: 'kubelite does not implement conversion webhooks' }]
  return [{ field, type: 'FieldValueNotSupported', value: strategy, detail: 'supported values: "None", "Webhook"' }]
}

/** Versions in which objects may still be stored must stay in the spec. */
function validateStored(crd: KubeObject, versions: readonly JsonObject[]): FieldError[] {
  const status = isObject(crd.status) ? crd.status : {}
  const stored = Array.isArray(status.storedVersions) ? status.storedVersions.map(String) : []
  const field = 'status.storedVersions'
  if (stored.length === 0) return [invalid(field, null, 'must have at least one stored version')]
  const errors = stored.flatMap((name, index) =>
    versions.some((version) => version.name === name)
      ? []
      : [
          invalid(
            `${field}[${index}]`,
            name,
            `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
          ),
        ],
  )
  const storage = versions.filter((version) => version.storage === true)
  for (const version of storage)
    if (!stored.includes(String(version.name)))
      errors.push(invalid(field, stored, `must have the storage version ${String(version.name)}`))
  return errors
}
