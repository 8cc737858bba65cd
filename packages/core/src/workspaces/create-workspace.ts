import type { Profile } from '@keelson/contracts/kinds'
import type { CreateWorkspace, Workspace } from '@keelson/contracts/workspaces'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { recordAudit, roleIn } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import { newProfile } from './profile.rules.ts'
import { allowCreating } from './registration.ts'
import { nameFault, nameTaken, profileStatus, toWorkspace } from './workspace.rules.ts'

const usableWithinMs = 30_000
const lookEveryMs = 100

/**
 * Makes a workspace that the actor owns, where the installation lets people do so, and returns when the actor can work in
 * it. People have no right on profiles
 * themselves: the platform makes it for them, with themselves as the owner and nothing else of their choosing.
 */
export async function createWorkspace(ctx: Ctx, input: CreateWorkspace): Promise<Workspace> {
  const { actor } = ctx
  if (actor.kind === 'pod') throw new AppError('forbidden', 'A pod cannot make workspaces.')
  if (actor.kind === 'person' && actor.tokenWorkspace !== undefined) {
    throw new AppError('forbidden', `This access token is only for workspace ${actor.tokenWorkspace}.`)
  }
  const fault = nameFault(input.name)
  if (fault !== null) throw new AppError('invalid', fault, { faults: [{ field: 'name', message: fault }] })
  const hard = await allowCreating(ctx)
  const taken = await ctx.kube.find(resources.namespaces, { name: input.name })
  if (taken) throw nameTaken(input.name)
  const made = await inTransaction(ctx, async (tx) => {
    const owner = { kind: 'User', name: actor.username }
    await recordAudit(tx, {
      workspace: input.name,
      action: 'workspaces.create',
      subject: `workspace/${input.name}`,
      after: { owner },
    })
    await tx.db.publish({ workspace: input.name, topic: 'workspaces', id: input.name })
    // Last, so that the audit row is taken back when the cluster refuses.
    return tx.kube.create<Profile>(resources.profiles, newProfile(input.name, owner, hard)).catch((error) => {
      throw error instanceof AppError && error.code === 'already_exists' ? nameTaken(input.name) : error
    })
  })
  return waitUntilUsable(ctx, made)
}

/** Usable = its namespace and roles are made, and our own view of the permissions has caught up with them. */
async function waitUntilUsable(ctx: Ctx, made: Profile): Promise<Workspace> {
  const name = made.metadata.name ?? ''
  const deadline = ctx.clock.now().getTime() + usableWithinMs
  while (!ctx.signal.aborted) {
    const profile = await ctx.kube.get<Profile>(resources.profiles, { name })
    const { status, message } = profileStatus(profile)
    if (status === 'failed')
      throw new AppError('conflict', `Workspace ${name} cannot be made: ${message ?? 'unknown reason'}.`)
    if (status === 'ready' && roleIn(ctx, name) === 'owner') return toWorkspace(profile, 'owner')
    if (ctx.clock.now().getTime() > deadline) break
    await ctx.clock.sleep(lookEveryMs, ctx.signal)
  }
  throw new AppError(
    'unavailable',
    `Workspace ${name} was asked for, but is not ready yet. It will appear in the list.`,
  )
}
