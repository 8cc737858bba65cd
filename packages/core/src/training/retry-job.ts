import type { SubmittedJob } from '@keelson/contracts/training'
import { stringify } from 'yaml'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { findJob } from './get-job.ts'
import { submitJob } from './submit-job.ts'
import { templateOf } from './template.rules.ts'

/** Makes the job again as the person, under a new name, also when only its history is left. The new one says of what it is a retry. */
export async function retryJob(ctx: Ctx, input: { workspace: string; uid: string }): Promise<SubmittedJob> {
  await allow(ctx, { verb: 'get', resource: 'jobs', namespace: input.workspace })
  const { manifest } = await findJob(ctx, input)
  const yaml = stringify(templateOf(manifest, { retryOf: input.uid }), { aliasDuplicateObjects: false })
  return submitJob(ctx, { workspace: input.workspace, yaml, dryRun: false })
}
