/** The published description texts of built-in kinds: read when a document is made, and let go with it. */
import { readFileSync, statSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { isObject, type JsonObject } from '../schema/node.ts'

const file = new URL('../openapi-data/descriptions.json.br', import.meta.url)
/** Changes when the texts do, for the addresses of documents. */
export const textsVersion = String(statSync(file).size)

type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>

/** A copy of `schemas` (definitions by name) with their texts. */
export function withTexts(schemas: JsonObject): JsonObject {
  const texts = JSON.parse(brotliDecompressSync(readFileSync(file)).toString()) as Texts
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const own = texts[name]
      return [name, own === undefined || !isObject(schema) ? schema : described(schema, own)]
    }),
  )
}

function described(schema: JsonObject, texts: Readonly<Record<string, string>>): JsonObject {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const fields = Object.entries(properties).map(([field, inner]) => [
    field,
    texts[field] === undefined || !isObject(inner) ? inner : { description: texts[field], ...inner },
  ])
  return {
    ...(texts[''] === undefined ? {} : { description: texts[''] }),
    ...schema,
    ...(fields.length === 0 ? {} : { properties: Object.fromEntries(fields) }),
  }
}
