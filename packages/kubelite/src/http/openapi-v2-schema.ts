/** A custom resource's schema as OpenAPI v2 has it: less than v3 says, but nothing that kubectl would hold against a good object. */
import { isObject, type JsonObject } from '../schema/node.ts'

const junctors = ['allOf', 'oneOf', 'anyOf', 'not']

/**
 * By the rules of apiextensions' `ToStructuralOpenAPIV2` (pkg/controller/openapi/v2/conversion.go), as 1.36.3 answers: kubectl takes every field beside
 * `properties` as an error, also where the schema lets unknown ones be, and knows neither junctors nor null.
 */
export function toV2Schema(schema: JsonObject): JsonObject {
  const out = { ...schema }
  for (const key of junctors) delete out[key]
  delete out.nullable
  if (schema.nullable === true || schema['x-kubernetes-preserve-unknown-fields'] === true)
    for (const key of ['type', 'items', 'properties']) delete out[key]
  if (out.type === 'array' && out.items === undefined) delete out.type
  const { properties, items, additionalProperties } = out
  if (isObject(properties)) {
    if (Array.isArray(out.required)) {
      const required = out.required.filter((name) => !isNullable(properties[String(name)]))
      if (required.length > 0) out.required = required
      else delete out.required
    }
    out.properties = Object.fromEntries(
      Object.entries(properties).map(([name, inner]) => [name, isObject(inner) ? toV2Schema(inner) : inner]),
    )
  }
  if (isObject(items)) out.items = toV2Schema(items)
  if (isObject(additionalProperties)) {
    if (isNullable(additionalProperties)) delete out.required
    out.additionalProperties = toV2Schema(additionalProperties)
  }
  return out
}

function isNullable(schema: unknown): boolean {
  return isObject(schema) && schema.nullable === true
}
