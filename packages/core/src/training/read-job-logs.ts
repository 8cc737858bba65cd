import type { LogPage, ReadJobLogs } from '@keelson/contracts/training'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { findJob } from './get-job.ts'
import { history } from './history.store.ts'
import { logs } from './log.store.ts'
import { replicaLabel } from './replica.rules.ts'

const over: readonly string[] = ['succeeded', 'failed', 'stopped']

/**
 * A job's kept lines in the order in which they were kept, over all its pods or of one. `complete` says that nothing will
 * follow the cursor: the job is over and each log was kept to its end.
 */
export async function readJobLogs(ctx: Ctx, input: z.infer<typeof ReadJobLogs>): Promise<LogPage> {
  await allow(ctx, { verb: 'get', resource: 'jobs', namespace: input.workspace })
  const after = input.after ?? '0'
  if (!/^\d{1,18}$/.test(after)) {
    throw new AppError('invalid', 'The cursor is not one of ours.', {
      faults: [{ field: 'after', message: 'Unknown' }],
    })
  }
  const { job } = await findJob(ctx, input)
  const pods = await history.listPods(ctx.db, input.uid, job.kind)
  const { podUid, replica } = input
  const asked = pods.filter(
    (pod) => (podUid === undefined || pod.uid === podUid) && (replica === undefined || replicaLabel(pod) === replica),
  )
  if ((podUid !== undefined || replica !== undefined) && asked.length === 0)
    throw new AppError('not_found', 'The job has no such pod or replica.')
  const podOf = new Map(asked.map((pod) => [pod.uid, pod]))
  // Asked before the lines are read: what is complete now stays so, and no line comes after that is not among them.
  const isOver = over.includes(job.status.status) && asked.every((pod) => over.includes(pod.status.status))
  const ended = isOver && (await logs.allComplete(ctx.db, [...podOf.keys()]))
  const found = await logs.list(ctx.db, [...podOf.keys()], after, input.limit + 1)
  const lines = found.slice(0, input.limit)
  return {
    lines: lines.map(({ id: _, ...line }) => {
      const pod = podOf.get(line.podUid)
      return { ...line, pod: pod?.name ?? '', replica: pod ? replicaLabel(pod) : '' }
    }),
    cursor: lines.at(-1)?.id ?? after,
    complete: ended && found.length <= input.limit,
  }
}
