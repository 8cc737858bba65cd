import { jobUidOf } from '@keelson/contracts/kinds'
import type { Ctx } from '../context/index.ts'
import { jobs } from './job.store.ts'
import { type LogStreamKey, logs } from './log.store.ts'
import { createCursor, type LogPosition, parseStamped, type StampedLine } from './log-position.rules.ts'
import { metricsOfLine, progressOf } from './metric-line.rules.ts'
import type { Pod } from './pod.rules.ts'
import type { Sample } from './sample.store.ts'

export type ContainerRun = LogStreamKey & {
  workspace: string
  pod: string
  /** The job's uid (else the pod's): lines with the same word are kept in one order, and announced under it. */
  orderedBy: string
  /** It is the run before the present one: read with `previous`. */
  previous: boolean
  /** It has ended: its log will not grow. */
  ended: boolean
}

const batchLines = 500
const batchChars = 1024 * 1024
const batchMs = 60

/** The runs of containers that a pod's status tells of, as far as their logs can still be read. */
export function containerRuns(pod: Pod): ContainerRun[] {
  const { uid: podUid = '', namespace: workspace = '', name = '' } = pod.metadata
  const orderedBy = jobUidOf(pod) ?? podUid
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {}
  return [...initContainerStatuses, ...containerStatuses].flatMap((status) => {
    const { name: container, restartCount = 0, state, lastState } = status
    const run = { podUid, container, workspace, pod: name, orderedBy }
    const runs: ContainerRun[] = []
    if (lastState?.terminated) {
      // The count and the id are those of the newest run: it is itself the "last" one while the next one waits its time.
      const isNewest =
        lastState.terminated.containerID !== undefined && lastState.terminated.containerID === status.containerID
      const restart = isNewest ? restartCount : restartCount - 1
      if (restart >= 0) runs.push({ ...run, restart, previous: true, ended: true })
    }
    if (state?.running) runs.push({ ...run, restart: restartCount, previous: false, ended: false })
    if (state?.terminated) runs.push({ ...run, restart: restartCount, previous: false, ended: true })
    return runs
  })
}

/**
 * Keeps the log of one run of a container from where it was left to its present end (or, with `follow`, for as long as it
 * grows). Returns when there is nothing more to read now; throws what the cluster answers when it cannot be read.
 */
export async function keepLog(
  ctx: Ctx,
  run: ContainerRun,
  options: { follow: boolean; signal: AbortSignal },
): Promise<{ complete: boolean }> {
  const row = await logs.open(ctx.db, run, run.workspace, run.pod)
  if (row.complete) return { complete: true }
  const { sinceSeconds } = row.position
  const cursor = createCursor(row.position, row.newestKept)
  const writer = createWriter(ctx, run, row.position)
  const lines = ctx.kube.logs(
    { namespace: run.workspace, pod: run.pod },
    {
      container: run.container,
      timestamps: true,
      follow: options.follow,
      previous: run.previous,
      ...(sinceSeconds === null
        ? {}
        : { sinceTime: new Date(sinceSeconds * 1_000).toISOString().replace('.000Z', 'Z') }),
    },
    options.signal,
  )
  try {
    for await (const line of lines) {
      const stamped = parseStamped(line)
      if (stamped && cursor.isNew(stamped)) await writer.add(stamped, cursor.position())
    }
  } finally {
    await writer.close()
  }
  return { complete: false }
}

/** Marks the log as kept to its end. */
export async function closeLog(ctx: Ctx, run: ContainerRun): Promise<void> {
  await logs.complete(ctx.db, run)
  await ctx.db.publish({ workspace: run.workspace, topic: 'logs', id: run.orderedBy })
}

/** Says in the log itself that its rest could not be had, and why; then nothing more is expected of it. */
export async function giveUpLog(ctx: Ctx, run: ContainerRun, why: string): Promise<void> {
  const row = await logs.open(ctx.db, run, run.workspace, run.pod)
  if (row.complete) return
  const line = { at: ctx.clock.now().toISOString(), text: `[keelson] The rest of this log could not be kept: ${why}` }
  await logs.append(ctx.db, { ...run, from: row.position, to: row.position }, [line])
  await closeLog(ctx, run)
}

/** Nothing more can come from a pod that is gone. */
export async function closeLogsOfPod(ctx: Ctx, podUid: string): Promise<void> {
  await logs.completePod(ctx.db, podUid)
}

export function podsOfOpenLogs(ctx: Ctx): Promise<string[]> {
  return logs.podsOfOpenStreams(ctx.db)
}

/** The numbers that a job's lines tell; other pods' lines are kept as they are. */
function numbersOf(run: ContainerRun, batch: readonly StampedLine[]): Sample[] {
  const { podUid, orderedBy: jobUid } = run
  if (jobUid === podUid) return []
  return batch.flatMap(({ at, text }) => {
    const found = metricsOfLine(text)
    if (!found) return []
    const { step, values } = found
    return [...values].map(([name, value]) => ({ podUid, jobUid, source: 'log' as const, name, step, at, value }))
  })
}

/** The newest word of the batch on how far the job is. */
async function keepProgress(ctx: Ctx, run: ContainerRun, batch: readonly StampedLine[]): Promise<void> {
  const line = batch.findLast(({ text }) => text.includes('progress'))
  const progress = line ? progressOf(line.text) : null
  if (progress === null || !(await jobs.setProgress(ctx.db, run.orderedBy, progress))) return
  await ctx.db.publish({ workspace: run.workspace, topic: 'jobs', id: run.orderedBy })
}

/** Gathers lines for a moment, so that a chatty container costs few transactions; at most one is under way. */
function createWriter(ctx: Ctx, run: ContainerRun, from: LogPosition) {
  let kept = from
  let pending: StampedLine[] = []
  let chars = 0
  let reached = from
  let timer: NodeJS.Timeout | undefined
  // The first line after a silence goes at once: somebody may be watching. Those that follow are gathered.
  let flushedAt = Number.NEGATIVE_INFINITY
  let writing: Promise<void> = Promise.resolve()
  let failure: unknown
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    flushedAt = performance.now()
    writing = writing.then(async () => {
      if (pending.length === 0 || failure !== undefined) return
      const [batch, to] = [pending, reached]
      pending = []
      chars = 0
      try {
        await logs.append(ctx.db, { ...run, from: kept, to }, batch, numbersOf(run, batch))
        kept = to
        await ctx.db.publish({ workspace: run.workspace, topic: 'logs', id: run.orderedBy })
        await keepProgress(ctx, run, batch)
      } catch (error) {
        failure = error
      }
    })
    return writing
  }
  return {
    add: async (line: StampedLine, position: LogPosition) => {
      if (failure !== undefined) throw failure
      pending.push(line)
      chars += line.text.length
      reached = position
      if (pending.length >= batchLines || chars >= batchChars) await flush()
      else timer ??= setTimeout(() => void flush(), Math.max(0, flushedAt + batchMs - performance.now()))
    },
    close: async () => {
      await flush()
      if (failure !== undefined) throw failure
    },
  }
}
