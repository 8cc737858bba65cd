import type { TrainingJobDetail } from '@keelson/contracts/training'
import { AppError } from '@keelson/process/app-error'
import { stringify } from 'yaml'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { adviceFor } from './advice.rules.ts'
import { history } from './history.store.ts'
import { templateOf } from './template.rules.ts'

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
    advice: adviceFor(found.job, pods, lastLineAt, ctx.clock.now()),
  }
}

function toYaml(object: unknown): string {
  return stringify(object, { lineWidth: 120, aliasDuplicateObjects: false })
}

function isSuspended(manifest: unknown): boolean {
  const { spec } = manifest as { spec?: { suspend?: boolean; runPolicy?: { suspend?: boolean } } }
  return spec?.suspend === true || spec?.runPolicy?.suspend === true
}

/** The job of that uid in that workspace; one of another workspace is not found. */
export async function findJob(ctx: Ctx, input: { workspace: string; uid: string }) {
  const found = await history.find(ctx.db, input.workspace, input.uid)
  if (!found) throw new AppError('not_found', `There is no job ${input.uid} in workspace ${input.workspace}.`)
  return found
}
