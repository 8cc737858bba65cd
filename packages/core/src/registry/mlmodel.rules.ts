import { ModelSignature } from '@keelson/contracts/registry'
import { parse } from 'yaml'
import { z } from 'zod'

/** What Keelson reads from a model's `MLmodel` file; all of it optional, nothing guessed. */
export type MlModel = {
  signature: ModelSignature | null
  /** The file of the input example beside MLmodel, and how it is written. */
  example: { path: string; type: string; orient: string | null } | null
}

const File = z.object({
  signature: z.object({ inputs: z.string().nullish(), outputs: z.string().nullish() }).nullish(),
  saved_input_example_info: z
    .object({
      artifact_path: z.string(),
      type: z.string(),
      pandas_orient: z.string().nullish(),
      serving_input_path: z.string().nullish(),
    })
    .nullish(),
})

/** The tensor first: it would pass for a plain column. */
const Column = z.union([
  z.object({
    name: z.string().optional(),
    type: z.literal('tensor'),
    'tensor-spec': z.object({ dtype: z.string(), shape: z.array(z.number()) }),
  }),
  z.object({ name: z.string().optional(), type: z.string(), required: z.boolean().optional() }),
])

/** Null parts where the file does not have them or has them in a form that is not MLflow's. Never throws. */
export function parseMlModel(text: string): MlModel {
  const parsed = File.safeParse(parseYaml(text))
  if (!parsed.success) return { signature: null, example: null }
  const { signature, saved_input_example_info: example } = parsed.data
  return {
    signature: signature ? signatureOf(signature.inputs ?? null, signature.outputs ?? null) : null,
    example: example
      ? { path: example.artifact_path, type: example.type, orient: example.pandas_orient ?? null }
      : null,
  }
}

function parseYaml(text: string): unknown {
  try {
    // Few aliases: a model file has none, a bomb is made of them.
    return parse(text, { maxAliasCount: 10, schema: 'core' })
  } catch {
    return null
  }
}

function signatureOf(inputs: string | null, outputs: string | null): ModelSignature | null {
  const signature = ModelSignature.safeParse({
    inputs: columnsOf(inputs, 'input'),
    outputs: columnsOf(outputs, 'output'),
  })
  return signature.success && signature.data.inputs.length + signature.data.outputs.length > 0 ? signature.data : null
}

function columnsOf(json: string | null, what: string): { name: string; type: string; required: boolean }[] {
  const columns = json === null ? null : z.array(Column).max(10_000).safeParse(parseJson(json))
  if (!columns?.success) return []
  return columns.data.map((column, index) => {
    const name = column.name ?? (columns.data.length === 1 ? what : `${what}_${index}`)
    if ('tensor-spec' in column)
      return {
        name,
        type: `tensor(${column['tensor-spec'].dtype}, [${column['tensor-spec'].shape.join(', ')}])`,
        required: true,
      }
    return { name, type: column.type, required: 'required' in column ? (column.required ?? true) : true }
  })
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
