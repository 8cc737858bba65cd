import type { GetNotebook } from '@keelson/contracts/notebooks'
import type { LogLine } from '@keelson/contracts/training'
import { AppError } from '@keelson/process/app-error'
import { allow } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { findNotebookPod, serverOf } from './get-notebook.ts'

/** Lines that come close together are told once. */
const gatherMs = 200
const shownLines = 2_000
/** More than this the browser is not sent at once: what it cannot take is dropped from the front. */
const mostWaiting = 10_000
/** What the REST gives at most of one container. */
const mostLines = 20_000

/** The last lines of one pod's server, as they are. The cluster decides whether the person may read them. */
export async function readPodLogs(
  ctx: Ctx,
  { workspace, pod, container }: { workspace: string; pod: string; container: string },
): Promise<string[]> {
  const lines: string[] = []
  const source = asActor(ctx).logs({ namespace: workspace, pod }, { container, tailLines: mostLines }, ctx.signal)
  for await (const line of source) lines.push(line)
  return lines
}

/**
 * The server's log from its last lines on, as it grows, until `signal` aborts or the pod ends. The first batch begins the
 * log anew. Nothing while there is no pod or its container has not started: the caller asks again when the notebook changes.
 */
export async function* followNotebookLogs(
  ctx: Ctx,
  input: GetNotebook,
  signal: AbortSignal,
): AsyncGenerator<{ isFirst: boolean; lines: LogLine[] }, void, void> {
  const { workspace, name } = input
  await allow(ctx, { verb: 'get', group: '', resource: 'pods/log', namespace: workspace })
  const api = asActor(ctx)
  const pod = await findNotebookPod(ctx, input)
  if (pod === null) return
  const { name: podName = '', uid: podUid = '' } = pod.metadata
  const container = serverOf(pod, name)
  const source = api.logs(
    { namespace: workspace, pod: podName },
    { container, follow: true, timestamps: true, tailLines: shownLines },
    signal,
  )
  let waiting: LogLine[] = []
  let isOver = false
  let wake = () => {}
  const ended = (error?: unknown) => {
    isOver = true
    wake()
    return error
  }
  const reading = (async () => {
    for await (const line of source) {
      waiting.push({ podUid, pod: podName, replica: podName, container, ...splitTime(line) })
      if (waiting.length > mostWaiting) waiting = waiting.slice(-shownLines)
      wake()
    }
  })().then(
    () => ended(),
    (error: unknown) => ended(error),
  )
  let isFirst = true
  while (!signal.aborted && (!isOver || waiting.length > 0)) {
    if (waiting.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve
        if (waiting.length > 0 || isOver) resolve()
      })
      continue
    }
    const lines = waiting
    waiting = []
    yield { isFirst, lines }
    isFirst = false
    await ctx.clock.sleep(gatherMs, signal)
  }
  const error = await reading
  const isNotYet = error instanceof AppError && ['invalid', 'not_found'].includes(error.code)
  if (error !== undefined && !isNotYet && !signal.aborted) throw error
}

/** `2026-01-02T03:04:05.678901234Z text`, as the API server writes it. */
function splitTime(line: string): { at: string; text: string } {
  const space = line.indexOf(' ')
  const at = Date.parse(line.slice(0, space))
  if (space < 0 || Number.isNaN(at)) return { at: new Date(0).toISOString(), text: line }
  return { at: new Date(at).toISOString(), text: line.slice(space + 1) }
}
