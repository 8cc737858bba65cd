import type { LoggedCall, LoggedPrediction } from './logged-call.ts'

type Fields = Record<string, unknown>
type Tensor = { name: string; shape: number[]; data: unknown[] }

/** What a model's metadata says that is needed to name things; empty where it could not be had. */
export type CallShape = { inputs: readonly string[]; classes: readonly string[] }

export type ParsedCall = {
  /** What joins labels: for V2 the answer's own id, else the id of the request. */
  requestId: string
  rows: LoggedPrediction[]
}

const maxIdLength = 200

/**
 * Features by name and predictions by row, read from a request and its answer. Never throws: what it cannot read gives no
 * rows (the endpoint answered it, so it was right for the model).
 */
export function parseCall(
  call: Pick<LoggedCall, 'protocol' | 'requestId' | 'status'>,
  bodies: { request: string; response: string },
  shape: CallShape,
): ParsedCall {
  const response = parse(bodies.response)
  const requestId = call.protocol === 'v2' ? idOf(response, call.requestId) : call.requestId
  if (call.status !== 200) return { requestId, rows: [] }
  const request = parse(bodies.request)
  if (request === null || response === null) return { requestId, rows: [] }
  try {
    return {
      requestId,
      rows: call.protocol === 'v1' ? rowsOfV1(request, response, shape) : rowsOfV2(request, response, shape),
    }
  } catch {
    return { requestId, rows: [] }
  }
}

function parse(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : null
  } catch {
    return null
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function idOf(response: Fields | null, fallback: string): string {
  const id = response?.id
  return typeof id === 'string' && id !== '' && id.length <= maxIdLength ? id : fallback
}

function rowsOfV1(request: Fields, response: Fields, shape: CallShape): LoggedPrediction[] {
  const instances = request.instances ?? request.inputs
  const { predictions, probabilities } = response
  if (!Array.isArray(instances) || !Array.isArray(predictions)) return []
  return instances.slice(0, predictions.length).map((instance: unknown, row) => ({
    features: Array.isArray(instance) ? byName(instance, shape.inputs) : isFields(instance) ? scalars(instance) : {},
    prediction: predictions[row],
    scores: Array.isArray(probabilities) ? scoresOf(probabilities[row], shape.classes) : null,
  }))
}

function rowsOfV2(request: Fields, response: Fields, shape: CallShape): LoggedPrediction[] {
  const inputs = tensorsOf(request.inputs)
  const outputs = tensorsOf(response.outputs)
  const count = outputs[0]?.shape[0] ?? 0
  return Array.from({ length: count }, (_, row) => ({
    features: scalars(featuresOf(inputs, row, shape.inputs)),
    prediction: predictionOf(outputs, row),
    scores: scoresOf(
      rowOf(
        outputs.find((output) => output.name === 'predict_proba'),
        row,
      ),
      shape.classes,
    ),
  }))
}

function tensorsOf(value: unknown): Tensor[] {
  if (!Array.isArray(value)) return []
  return value.filter(isFields).map((tensor) => ({
    name: String(tensor.name),
    shape: Array.isArray(tensor.shape) ? tensor.shape.map(Number) : [],
    data: Array.isArray(tensor.data) ? tensor.data.flat(8) : [],
  }))
}

function featuresOf(inputs: readonly Tensor[], row: number, names: readonly string[]): Fields {
  const [only] = inputs
  if (inputs.length === 1 && only !== undefined && only.shape.length === 2 && (only.shape[1] ?? 1) > 1) {
    const value = rowOf(only, row)
    return Array.isArray(value) ? byName(value, names) : {}
  }
  return Object.fromEntries(inputs.map((input) => [input.name, rowOf(input, row)]))
}

/** The label where there is one, else the lone output, else all outputs by name. */
function predictionOf(outputs: readonly Tensor[], row: number): unknown {
  const label = outputs.find((output) => output.name === 'predict')
  if (label !== undefined) return rowOf(label, row) ?? null
  const [only] = outputs
  if (outputs.length === 1) return rowOf(only, row) ?? null
  return Object.fromEntries(outputs.map((output) => [output.name, rowOf(output, row)]))
}

/** A row of a tensor: a scalar where it has one value, else a list. */
function rowOf(tensor: Tensor | undefined, row: number): unknown {
  if (tensor === undefined) return undefined
  const width = tensor.shape.slice(1).reduce((product, size) => product * size, 1)
  return width === 1 ? tensor.data[row] : tensor.data.slice(row * width, (row + 1) * width)
}

function byName(values: readonly unknown[], names: readonly string[]): LoggedPrediction['features'] {
  return scalars(
    Object.fromEntries(
      values.map((value, place) => [names.length === values.length ? (names[place] ?? `${place}`) : `${place}`, value]),
    ),
  )
}

/** Features are JSON scalars; anything else is left out. */
function scalars(fields: Fields): LoggedPrediction['features'] {
  const kept = Object.entries(fields).filter(
    ([, value]) => value === null || ['string', 'number', 'boolean'].includes(typeof value),
  )
  return Object.fromEntries(kept) as LoggedPrediction['features']
}

function scoresOf(value: unknown, classes: readonly string[]): Record<string, number> | null {
  if (!Array.isArray(value) || value.length === 0 || value.some((score) => typeof score !== 'number')) return null
  return Object.fromEntries(
    value.map((score: number, place) => [
      classes.length === value.length ? (classes[place] ?? `${place}`) : `${place}`,
      score,
    ]),
  )
}
