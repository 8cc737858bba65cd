import { type Profile, profileKind } from '@keelson/contracts/kinds'
import type { CreateWorkspace, QuotaHard, Workspace } from '@keelson/contracts/workspaces'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allowOperator, recordAudit, roleIn } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { requireOwnKind } from '../platform/index.ts'
import { subjectFault } from './contributor.rules.ts'
import { nameHistory } from './name-history.store.ts'
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
  await requireOwnKind(ctx, profileKind)
  const hard = await allowCreating(ctx)
  const taken = await ctx.kube.find(resources.namespaces, { name: input.name })
  if (taken) throw nameTaken(input.name)
  // Its experiments, models and logs are kept, and would be the newcomer's to read.
  if (await nameHistory.isOfAnother(ctx.db, input.name, actor.username)) throw nameTaken(input.name)
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

/** Makes a workspace for somebody else, with a quota of the operator's choosing. The cluster decides as the operator. */
export async function createWorkspaceFor(
  ctx: Ctx,
  input: { name: string; owner: { kind: string; name: string }; quota: QuotaHard },
): Promise<void> {
  await allowOperator(ctx)
  await requireOwnKind(ctx, profileKind)
  const fault = nameFault(input.name) ?? ownerFault(input.owner)
  if (fault !== null) throw new AppError('invalid', fault, { faults: [{ field: 'name', message: fault }] })
  if (await ctx.kube.find(resources.namespaces, { name: input.name })) throw nameTaken(input.name)
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, {
      workspace: input.name,
      action: 'workspaces.create',
      subject: `workspace/${input.name}`,
      after: { owner: input.owner.name, quota: input.quota },
    })
    await tx.db.publish({ workspace: input.name, topic: 'workspaces', id: input.name })
    await asActor(tx).create(resources.profiles, newProfile(input.name, input.owner, input.quota))
  })
}

function ownerFault({ kind, name }: { kind: string; name: string }): string | null {
  if (kind !== 'User' && kind !== 'Group') return `An owner is a User or a Group, not a ${kind}.`
  const fault = subjectFault(kind, name)
  return fault === null ? null : `The owner's name ${fault}.`
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
