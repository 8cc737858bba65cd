import { z } from 'zod'

type Schema = Record<string, unknown>

/**
 * A zod schema as the structural OpenAPI v3 schema that a CustomResourceDefinition takes
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema).
 * Open objects keep their unknown fields; closed ones drop them (the server prunes, it does not refuse). Throws on what a
 * structural schema cannot say, such as a union of objects.
 */
export function structuralSchema(schema: z.ZodType): Schema {
  return structural(
    z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' }) as Schema,
    'schema',
  )
}

const copied = [
  'type', 'description', 'format', 'pattern', 'enum', 'default', 'nullable', 'minimum', 'maximum', 'exclusiveMinimum',
  'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties',
  'required', 'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource', 'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys', 'x-kubernetes-map-type', 'x-kubernetes-validations',
] // biome-ignore format: one list
const formats = ['date-time', 'byte', 'int32', 'int64', 'double', 'float']

function structural(from: Schema, path: string): Schema {
  if (from['x-kubernetes-int-or-string'] === true) {
    const { description, pattern } = from
    return {
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      ...(description === undefined ? {} : { description }),
      ...(pattern === undefined ? {} : { pattern }),
      'x-kubernetes-int-or-string': true,
    }
  }
  if (from.anyOf || from.oneOf || from.allOf) throw new Error(`${path}: a structural schema has no unions`)
  const to: Schema = {}
  for (const key of copied) {
    if (from[key] !== undefined) to[key] = from[key]
  }
  // zod adds its own pattern to what has a format, and bounds that every double-precision integer has.
  if (typeof to.format === 'string') {
    delete to.pattern
    if (!formats.includes(to.format)) delete to.format
  }
  if (to.minimum === Number.MIN_SAFE_INTEGER) delete to.minimum
  if (to.maximum === Number.MAX_SAFE_INTEGER) delete to.maximum
  if (to.type === undefined) to['x-kubernetes-preserve-unknown-fields'] = true
  if (from.properties) {
    to.properties = Object.fromEntries(
      Object.entries(from.properties as Record<string, Schema>).map(([name, property]) => [
        name,
        structural(property, `${path}.${name}`),
      ]),
    )
  }
  if (from.items) to.items = structural(from.items as Schema, `${path}[]`)
  if (isEmptySchema(from.additionalProperties)) to['x-kubernetes-preserve-unknown-fields'] = true
  else if (from.additionalProperties)
    to.additionalProperties = structural(from.additionalProperties as Schema, `${path}{}`)
  return to
}

function isEmptySchema(schema: unknown): boolean {
  return schema === true || (typeof schema === 'object' && schema !== null && Object.keys(schema).length === 0)
}
