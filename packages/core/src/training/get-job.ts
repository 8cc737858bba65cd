import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { TrainingJob, TrainingJobDetail } from '@keelson/contracts/training'
import { AppError } from '@keelson/process/app-error'
import { stringify } from 'yaml'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { adviceFor } from './advice.rules.ts'
import { history } from './history.store.ts'
import { narrowToFailed, repeatsAnnotation } from './retry.rules.ts'
import { retryOfAnnotation, templateOf } from './template.rules.ts'

/** One job with its attempts, the runs that they logged, and the object as it was last seen. */
export async function getJob(ctx: Ctx, input: { workspace: string; uid: string }): Promise<TrainingJobDetail> {
  await allow(ctx, { verb: 'get', resource: 'jobs', namespace: input.workspace })
  const found = await findJob(ctx, input)
  const [pods, runs, lastLineAt] = await Promise.all([
    history.listPods(ctx.db, input.uid, found.job.kind),
    history.listRuns(ctx.db, input.workspace, input.uid),
    history.lastLineAt(ctx.db, input.uid),
  ])
  return {
    job: found.job,
    pods,
    runs,
    yaml: toYaml(found.manifest),
    template: toYaml(templateOf(found.manifest)),
    suspended: isSuspended(found.manifest),
    lastLineAt,
    retryOf: await findOrigin(ctx, input.workspace, found.manifest),
    failedPart: isOver(found.job) ? (narrowToFailed(found.manifest, input.uid, pods)?.repeats ?? null) : null,
    advice: adviceFor(found.job, pods, lastLineAt, ctx.clock.now()),
  }
}

function isOver({ exists, finishedAt }: TrainingJob): boolean {
  return !exists || finishedAt !== null
}

/** What this job repeats, as its annotations say; a name only where that job is known in this workspace. */
async function findOrigin(ctx: Ctx, workspace: string, manifest: unknown): Promise<TrainingJobDetail['retryOf']> {
  const { metadata } = manifest as KubeObject
  const uid = metadata?.annotations?.[retryOfAnnotation]
  if (uid === undefined) return null
  const origin = await history.find(ctx.db, workspace, uid)
  return { uid, name: origin?.job.name ?? null, parts: metadata.annotations?.[repeatsAnnotation] ?? null }
}

function toYaml(object: unknown): string {
  return stringify(object, { lineWidth: 120, aliasDuplicateObjects: false })
}

export function isSuspended(manifest: unknown): boolean {
  const { spec } = manifest as { spec?: { suspend?: boolean; runPolicy?: { suspend?: boolean } } }
  return spec?.suspend === true || spec?.runPolicy?.suspend === true
}

/** The job of that uid in that workspace; one of another workspace is not found. */
export async function findJob(ctx: Ctx, input: { workspace: string; uid: string }) {
  const found = await history.find(ctx.db, input.workspace, input.uid)
  if (!found) throw new AppError('not_found', `There is no job ${input.uid} in workspace ${input.workspace}.`)
  return found
}
