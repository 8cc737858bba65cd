import { z } from 'zod'
import type { NotebookActivity } from './culling.rules.ts'

/** jupyter_server's REST API: https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html */
const Kernels = z.array(
  z.object({
    execution_state: z.string().optional(),
    last_activity: z.string().optional(),
    connections: z.number().optional(),
  }),
)
const Terminals = z.array(z.object({ last_activity: z.string().optional() }))
const Status = z.object({ connections: z.number().optional(), last_activity: z.string().optional() })

const patienceMs = 10_000
const mostBytes = 1_048_576
/** Kernels in any other state are at work, or on their way to it. */
const restingStates = ['idle', 'dead', undefined]

/**
 * What the server at `address` (`http://<ip>:<port>`) with the path `prefix` says of its kernels, terminals and connections. The
 * server is a tenant's: its answer is bounded in time and size, and no redirect of it is followed. Never throws.
 */
export async function lookAtNotebook(address: string, prefix: string, signal: AbortSignal): Promise<NotebookActivity> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  // Jupyter counts API calls as activity unless they say otherwise.
  const ask = (path: string) => readJson(`${address}${prefix}api/${path}?no_track_activity=1`, bounded)
  const kernels = await ask('kernels')
  if (kernels === 'silent') return { kind: 'silent' }
  const read = Kernels.safeParse(kernels)
  if (!read.success) return { kind: 'unknown' }
  const terminals = Terminals.safeParse(await ask('terminals')).data ?? []
  const status = Status.safeParse(await ask('status')).data ?? {}
  const times = [...read.data, ...terminals, status].flatMap(({ last_activity: time }) => {
    const at = Date.parse(time ?? '')
    return Number.isNaN(at) ? [] : [at]
  })
  const inUse =
    (status.connections ?? 0) > 0 ||
    read.data.some(({ execution_state: state, connections = 0 }) => connections > 0 || !restingStates.includes(state))
  return { kind: 'seen', inUse, lastActivity: times.length === 0 ? null : new Date(Math.max(...times)) }
}

/** The JSON of a 200; null for every other answer that somebody gave; `silent` where nobody is there to answer. */
async function readJson(url: string, signal: AbortSignal): Promise<unknown> {
  try {
    const response = await fetch(url, { signal, redirect: 'manual' })
    if (response.status !== 200) {
      await response.body?.cancel()
      return response.status >= 500 ? 'silent' : null
    }
    return parse(await readBounded(response))
  } catch {
    return 'silent'
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > mostBytes) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
