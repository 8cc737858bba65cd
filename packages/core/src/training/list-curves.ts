import type { GetJob, JobCurves } from '@keelson/contracts/training'
import type { KubeApi } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { sampleCurves } from '../experiments/index.ts'
import { findJob } from './get-job.ts'
import { history } from './history.store.ts'
import { podMetrics } from './keep-usage.ts'
import { replicaLabel } from './replica.rules.ts'
import { samples } from './sample.store.ts'

/** The newest runs are shown; a job that made more is looked at in its experiment. */
const mostRuns = 20
const pointsOfRun = 400

/** A job's numbers over time: from its runs (as far as the actor may read experiments), from its lines, and what its pods used. */
export async function listCurves(ctx: Ctx, input: z.infer<typeof GetJob>): Promise<JobCurves> {
  await allow(ctx, { verb: 'get', resource: 'jobs', namespace: input.workspace })
  const { job } = await findJob(ctx, input)
  const [pods, runs, kept, isMeasured] = await Promise.all([
    history.listPods(ctx.db, job.uid, job.kind),
    history.listRuns(ctx.db, input.workspace, job.uid),
    samples.list(ctx.db, job.uid),
    hasMetricsApi(ctx),
  ])
  const podOf = new Map(pods.map((pod) => [pod.uid, pod]))
  const labelOf = (podUid: string) => {
    const pod = podOf.get(podUid)
    if (!pod) return ''
    const isOnly = pods.every((one) => one.uid === podUid || replicaLabel(one) !== replicaLabel(pod))
    return isOnly ? replicaLabel(pod) : `${replicaLabel(pod)}, attempt ${pod.attempt}`
  }
  const newest = runs.slice(-mostRuns)
  const ofRuns = await curvesOfRuns(ctx, input.workspace, newest)
  const told = kept.series.map(({ podUid, ...series }) => ({ ...series, label: labelOf(podUid), podUid, runId: null }))
  return {
    curves: [
      ...ofRuns.curves.map(({ runId, key, points }) => {
        const run = newest.find((one) => one.runId === runId)
        return {
          source: 'run' as const,
          name: key,
          label: run?.name ?? runId,
          podUid: run?.podUid || null,
          runId,
          points,
        }
      }),
      ...told,
    ],
    leftOff: kept.leftOff + ofRuns.leftOff,
    runsHidden: ofRuns.hidden,
    runsLeftOff: runs.length - newest.length,
    isMeasured,
  }
}

async function curvesOfRuns(ctx: Ctx, workspace: string, runs: readonly { runId: string }[]) {
  if (runs.length === 0) return { curves: [], leftOff: 0, hidden: false }
  try {
    const runIds = runs.map(({ runId }) => runId)
    return { ...(await sampleCurves(ctx, { workspace, runIds, maxPoints: pointsOfRun })), hidden: false }
  } catch (error) {
    if (error instanceof AppError && error.code === 'forbidden') return { curves: [], leftOff: 0, hidden: true }
    throw error
  }
}

const keptMs = 60_000
const known = new WeakMap<KubeApi, { at: number; answer: Promise<boolean> }>()

/** Whether the cluster measures its pods; asked of it once a minute. */
function hasMetricsApi({ kube, clock }: Pick<Ctx, 'kube' | 'clock'>): Promise<boolean> {
  const now = clock.now().getTime()
  const found = known.get(kube)
  if (found && now - found.at < keptMs) return found.answer
  const answer = kube.kindsOf(podMetrics.group, podMetrics.version).then(
    (kinds) => kinds.some(({ plural }) => plural === podMetrics.plural),
    () => false,
  )
  known.set(kube, { at: now, answer })
  return answer
}
