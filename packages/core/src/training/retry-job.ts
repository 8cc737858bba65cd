import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { RetryJob, SubmittedJob } from '@keelson/contracts/training'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { stringify } from 'yaml'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { findJob } from './get-job.ts'
import { history } from './history.store.ts'
import { doneIndexesAnnotation, indexesOf, narrowToFailed } from './retry.rules.ts'
import { submitJob } from './submit-job.ts'
import { templateOf } from './template.rules.ts'

/**
 * Makes the job again as the person, under a new name, also when only its history is left; with `onlyFailed` the parts that did
 * not succeed. The new one says of what it is a retry.
 */
export async function retryJob(ctx: Ctx, input: z.input<typeof RetryJob>): Promise<SubmittedJob> {
  const { workspace, uid, onlyFailed } = input
  await allow(ctx, { verb: 'get', resource: 'jobs', namespace: workspace })
  const { job, manifest } = await findJob(ctx, input)
  if (!onlyFailed) return submit(ctx, workspace, templateOf(manifest, { retryOf: uid }))
  if (job.exists && job.finishedAt === null)
    throw new AppError('precondition', `Job ${job.name} is not over: what failed is known at its end.`)
  const narrowed = narrowToFailed(manifest, uid, await history.listPods(ctx.db, uid, job.kind))
  if (!narrowed)
    throw new AppError(
      'precondition',
      `No part of job ${job.name} succeeded while another did not; run all of it again.`,
    )
  const made = await submit(ctx, workspace, narrowed.template)
  if (await skipDoneIndexes(ctx, narrowed.template, workspace, made.name)) await resume(ctx, workspace, made)
  return made
}

function submit(ctx: Ctx, workspace: string, template: KubeObject): Promise<SubmittedJob> {
  return submitJob(ctx, { workspace, yaml: stringify(template, { aliasDuplicateObjects: false }), dryRun: false })
}

/**
 * Writes the indexes that an earlier job has done into the status of this one, which has not started yet. By the platform's own
 * right: a status is not for people to write. False for a job without such indexes.
 */
export async function skipDoneIndexes(ctx: Ctx, job: KubeObject, namespace: string, name: string): Promise<boolean> {
  const completedIndexes = job.metadata.annotations?.[doneIndexesAnnotation]
  if (job.kind !== 'Job' || completedIndexes === undefined) return false
  const status = { completedIndexes, succeeded: indexesOf(completedIndexes).size }
  const object = { apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace, name }, status }
  await ctx.kube.applyStatus(resources.jobs, object as KubeObject, { fieldManager: 'keelson-retry' })
  return true
}

async function resume(ctx: Ctx, namespace: string, { uid, name }: SubmittedJob): Promise<void> {
  await asActor(ctx).patch(resources.jobs, { namespace, name }, { metadata: { uid }, spec: { suspend: false } })
}
