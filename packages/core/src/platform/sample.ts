import { SampleProgress } from '@keelson/contracts/platform'
import { AppError } from '@keelson/process/app-error'
import { roleIn } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import { settings } from './settings.store.ts'

const prefix = 'sample:'

/** The progress of the sample project that was reported last, of those in workspaces where the actor is anybody. */
export async function getSample(ctx: Ctx): Promise<SampleProgress | null> {
  for (const { value } of await settings.listByPrefix(ctx.db, prefix)) {
    const progress = SampleProgress.safeParse(value)
    if (progress.success && roleIn(ctx, progress.data.workspace) !== null) return progress.data
  }
  return null
}

/** Keeps how far the sample is, for the home page. Only for the owner of the workspace that it runs in. */
export async function reportSample(ctx: Ctx, progress: SampleProgress): Promise<void> {
  const { workspace } = progress
  if (ctx.actor.kind !== 'platform' && roleIn(ctx, workspace) !== 'owner') {
    throw new AppError('forbidden', `Only an owner of workspace ${workspace} reports the sample's progress there.`)
  }
  await inTransaction(ctx, async (tx) => {
    await settings.set(tx.db, `${prefix}${workspace}`, progress, ctx.clock.now())
    await tx.db.publish({ workspace, topic: 'sample', id: null })
  })
}
