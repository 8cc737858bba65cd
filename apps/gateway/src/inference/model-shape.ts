/** What a running model says of itself, for the endpoint's page and for the names in the prediction log. */
import type { CallShape, LoggedCall } from '@keelson/core/monitoring'
import type { LiveMetadata, RouteTable } from '@keelson/core/serving'
import type { Clock } from '@keelson/process/clock'
import type { Upstreams } from './upstream.ts'

export type ModelReading = { routes: RouteTable; upstreams: Upstreams; clock: Clock }
type RawTensor = LiveMetadata['inputs'][number] & { parameters?: { classes?: unknown } }
type RunningModel = { metadata: LiveMetadata; shape: CallShape; revision: string }

const metadataMs = 1_500
const nothingSaid: CallShape = { inputs: [], classes: [] }

/** `GET /v2/models/<name>` of a replica; empty lists when the server has none. Null while none can be asked. */
export async function readModel(parts: ModelReading, workspace: string, name: string): Promise<RunningModel | null> {
  const route = parts.routes.find(workspace, name)
  if (route === null || route.targets.length === 0) return null
  try {
    const answer = await parts.upstreams.send(route, {
      method: 'GET',
      path: `/v2/models/${name}`,
      body: null,
      requestId: 'metadata',
      headers: {},
      signal: AbortSignal.timeout(metadataMs),
    })
    if (answer.status >= 500) return null
    const revision = answer.headers['x-keelson-revision']
    return { ...parseMetadata(answer.body), revision: typeof revision === 'string' ? revision : route.revision }
  } catch {
    return null
  }
}

function parseMetadata(body: Buffer): Omit<RunningModel, 'revision'> {
  const { inputs, outputs } = tensorsIn(body)
  const classes = outputs.find((output) => output.name === 'predict_proba')?.parameters?.classes
  const [only] = inputs
  const named = !(inputs.length === 1 && only !== undefined && only.shape.length === 2 && only.shape[1] !== 1)
  const plain = (tensor: RawTensor) => ({ name: tensor.name, datatype: tensor.datatype, shape: tensor.shape })
  return {
    metadata: { inputs: inputs.map(plain), outputs: outputs.map(plain) },
    shape: {
      inputs: named ? inputs.map((input) => input.name) : [],
      classes: Array.isArray(classes) ? classes.map(String) : [],
    },
  }
}

/** A server with another idea of metadata (or none) has said nothing. */
function tensorsIn(body: Buffer): { inputs: RawTensor[]; outputs: RawTensor[] } {
  try {
    const { inputs, outputs } = JSON.parse(body.toString()) as { inputs?: unknown; outputs?: unknown }
    return { inputs: tensors(inputs), outputs: tensors(outputs) }
  } catch {
    return { inputs: [], outputs: [] }
  }
}

function tensors(value: unknown): RawTensor[] {
  if (!Array.isArray(value)) return []
  return value.filter((each): each is RawTensor => typeof each?.name === 'string' && Array.isArray(each?.shape))
}

const maxShapes = 1_000
const attempts = 5
const betweenMs = 300

/**
 * Names of inputs and classes of a revision, asked of the model once. A model that answered a call can be asked: when it
 * cannot just now it is asked again, and only then its rows are logged by position.
 */
export function shapeReader(parts: ModelReading): (call: LoggedCall) => Promise<CallShape> {
  const known = new Map<string, Promise<CallShape | null>>()
  const ask = async (call: LoggedCall): Promise<CallShape | null> => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) await parts.clock.sleep(betweenMs)
      const found = await readModel(parts, call.workspace, call.endpoint)
      // While a revision rolls another one may answer: its names are not this one's.
      if (found?.revision === call.revision) return found.shape
    }
    return null
  }
  return async (call) => {
    const key = `${call.endpointUid}/${call.revision}`
    let shape = known.get(key)
    if (shape === undefined) {
      if (known.size >= maxShapes) known.clear()
      shape = ask(call)
      known.set(key, shape)
      void shape.then((found) => found === null && known.delete(key))
    }
    return (await shape) ?? nothingSaid
  }
}
