/** The dashboard's API as its router has it, with an input for each procedure that its own schema takes. */
import { appRouter } from '@keelson/api'
import { z } from 'zod'

export type Procedure = {
  path: string
  kind: 'query' | 'mutation' | 'subscription'
  fields: readonly string[]
  input: unknown
}

type Definition = { _def: { type: Procedure['kind']; inputs: z.ZodType[] } }
// biome-ignore lint/suspicious/noExplicitAny: JSON Schema is read by its keys, whatever they hold.
type Schema = any

/** Every procedure; `known` fills the fields of those names, wherever they stand. */
export function procedures(known: Readonly<Record<string, unknown>>): Procedure[] {
  const all = Object.entries(appRouter._def.procedures as unknown as Record<string, Definition>)
  return all.map(([path, { _def }]) => {
    const [schema] = _def.inputs
    if (schema === undefined) return { path, kind: _def.type, fields: [], input: undefined }
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema
    return { path, kind: _def.type, fields: Object.keys(json.properties ?? {}), input: sample(json, json, known) }
  })
}

/** The smallest value that a schema takes. */
function sample(schema: Schema, root: Schema, known: Readonly<Record<string, unknown>>, name = ''): unknown {
  if (name in known) return known[name]
  if (schema.$ref) return sample(root.$defs?.[schema.$ref.split('/').at(-1)] ?? {}, root, known, name)
  if ('const' in schema) return schema.const
  if (schema.enum) return schema.enum[0]
  const [first] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []
  if (first) return sample(first, root, known, name)
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        [
          ...new Set([
            ...(schema.required ?? []),
            ...Object.keys(schema.properties ?? {}).filter((key) => key in known),
          ]),
        ].map((key: string) => [key, sample(schema.properties[key], root, known, key)]),
      )
    case 'array':
      return Array.from({ length: Math.max(1, schema.minItems ?? 0) }, () => sample(schema.items ?? {}, root, known))
    case 'string':
      return text(schema)
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1)
    case 'boolean':
      return true
    default:
      return null
  }
}

function text(schema: Schema): string {
  if (schema.format === 'date-time') return '2100-01-01T00:00:00.000Z'
  if (schema.format === 'uuid') return '01890000-0000-7000-8000-000000000000'
  if (schema.format === 'email') return 'someone@example.org'
  const plain = 'attack'.padEnd(schema.minLength ?? 0, 'x')
  return schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(plain) ? '1' : plain
}
