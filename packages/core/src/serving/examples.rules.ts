import type { ModelSignature } from '@keelson/contracts/registry'
import type { LiveMetadata } from './inference-gate.ts'

/** MLflow's column types as V2 datatypes: the same table as the model server's. */
const datatypeOf: Readonly<Record<string, string>> = {
  double: 'FP64', float: 'FP32', long: 'INT64', integer: 'INT32', boolean: 'BOOL', string: 'BYTES', binary: 'BYTES', datetime: 'BYTES',
} // biome-ignore format: one table

/** The tensors of a registered signature, for an endpoint that cannot be asked now. */
export function tensorsOfSignature(signature: ModelSignature): LiveMetadata {
  const inputs = signature.inputs.map((column) => ({
    name: column.name,
    datatype: datatypeOf[column.type] ?? 'BYTES',
    shape: [-1, 1],
  }))
  const outputs = signature.outputs.map((column) => ({
    name: column.name || 'predict',
    datatype: datatypeOf[column.type] ?? 'INT64',
    shape: [-1],
  }))
  return { inputs, outputs }
}

type Example = { v1: string; v2: string }
type Row = Record<string, unknown>

/** Bodies that work as they are: the first row of the logged example, else a value of each column's type. */
export function exampleBodies(inputs: LiveMetadata['inputs'], inputExample: unknown): Example {
  const [only] = inputs
  if (inputs.length === 0) return { v1: json({ instances: [[]] }), v2: json({ inputs: [] }) }
  if (only !== undefined && inputs.length === 1 && only.shape.length === 2 && only.shape[1] !== 1)
    return matrixBodies(only, inputExample)
  const row = rowOf(inputs, inputExample)
  const tensors = inputs.map((input) => ({
    name: input.name,
    shape: [1, 1],
    datatype: input.datatype,
    data: [row[input.name] ?? null],
  }))
  return { v1: json({ instances: [row] }), v2: json({ inputs: tensors }) }
}

function matrixBodies(input: LiveMetadata['inputs'][number], inputExample: unknown): Example {
  const width = Math.max(1, input.shape[1] ?? 1)
  const logged = Array.isArray(inputExample) && Array.isArray(inputExample[0]) ? (inputExample[0] as unknown[]) : null
  const row = logged?.length === width ? logged : Array.from({ length: width }, () => 0)
  return {
    v1: json({ instances: [row] }),
    v2: json({ inputs: [{ name: input.name, shape: [1, width], datatype: input.datatype, data: row }] }),
  }
}

function rowOf(inputs: LiveMetadata['inputs'], inputExample: unknown): Row {
  const logged = firstRow(inputExample)
  return Object.fromEntries(
    inputs.map((input) => [
      input.name,
      fits(input.datatype, logged[input.name]) ? logged[input.name] : sampleOf(input.datatype),
    ]),
  )
}

/** The first row of MLflow's input example: a split data frame `{columns, data}`, records, or a frame under `inputs`. */
function firstRow(example: unknown): Row {
  if (Array.isArray(example)) return isRow(example[0]) ? example[0] : {}
  if (!isRow(example)) return {}
  const { columns, data } = example
  if (Array.isArray(columns) && Array.isArray(data) && Array.isArray(data[0])) {
    const values = data[0] as unknown[]
    return Object.fromEntries(columns.map((name, place) => [String(name), values[place]]))
  }
  return isRow(example.dataframe_split) ? firstRow(example.dataframe_split) : {}
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fits(datatype: string, value: unknown): boolean {
  if (value === null) return datatype.startsWith('FP')
  if (datatype === 'BOOL') return typeof value === 'boolean'
  return datatype === 'BYTES' ? typeof value === 'string' : typeof value === 'number'
}

function sampleOf(datatype: string): unknown {
  if (datatype === 'BOOL') return false
  return datatype === 'BYTES' ? '' : 0
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
