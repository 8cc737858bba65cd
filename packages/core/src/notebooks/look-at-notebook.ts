import { z } from 'zod'
import { askServer } from '../webapps/index.ts'
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
/** Kernels in any other state are at work, or on their way to it. */
const restingStates = ['idle', 'dead', undefined]

/** What the server at `address` (`http://<ip>:<port>`) with the path `prefix` says of its kernels, terminals and connections. Never throws. */
export async function lookAtNotebook(address: string, prefix: string, signal: AbortSignal): Promise<NotebookActivity> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  // Jupyter counts API calls as activity unless they say otherwise.
  const ask = (path: string) => askServer(`${address}${prefix}api/${path}?no_track_activity=1`, bounded)
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
