import type { Profile } from '@keelson/contracts/kinds'
import type { Contributor, DeleteWorkspace, TransferOwnership, Workspace } from '@keelson/contracts/workspaces'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allow, allowOperator, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { toContributor } from './contributor.rules.ts'
import { allowGranting, foundContributor, listBindings, newBinding } from './manage-contributors.ts'
import { ownerBindingName } from './profile.rules.ts'
import { toWorkspace } from './workspace.rules.ts'

const group = 'rbac.authorization.k8s.io'

/**
 * Hands a workspace to one of its contributors. The owner does it, or an operator; another co-owner does not. The profile is
 * changed by the platform (people have no right on profiles), which then moves the owner's binding.
 */
export async function transferOwnership(ctx: Ctx, input: TransferOwnership): Promise<Workspace> {
  const { workspace: namespace, keep } = input
  await allow(ctx, { verb: 'create', group, resource: 'rolebindings', namespace }, { fresh: true })
  await allowGranting(ctx, namespace, 'owner')
  const profile = await ownProfile(ctx, namespace)
  const api = asActor(ctx)
  const { binding, contributor } = await foundContributor(api, namespace, input.binding)
  const before = profile.spec?.owner
  const present = await listBindings(api, namespace)
  const kept =
    keep === null || !before || before.kind === 'ServiceAccount' || holds(present, before, keep)
      ? null
      : newBinding(namespace, present, before, { role: keep, expiresAt: null })
  const changed = await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, {
      workspace: namespace,
      action: 'workspaces.transfer',
      subject: `contributor/${contributor.subject}`,
      before: { owner: before?.name },
      after: { owner: contributor.subject, kept: keep ?? 'nothing' },
    })
    await tx.db.publish({ workspace: namespace, topic: 'workspaces', id: namespace })
    if (kept) await api.create(resources.roleBindings, kept)
    const owner = { kind: contributor.subjectKind, name: contributor.subject }
    const metadata = { resourceVersion: profile.metadata.resourceVersion }
    return ctx.kube.patch<Profile>(resources.profiles, { name: namespace }, { metadata, spec: { owner } })
  }).catch(async (error) => {
    if (kept) await dropQuietly(ctx, namespace, kept.metadata.name ?? '')
    throw error
  })
  // What the new owner had before is less than owning; where it cannot be taken back any more it does no harm.
  await dropQuietly(ctx, namespace, binding.metadata.name ?? '')
  return toWorkspace(changed, 'owner')
}

/** Deletes a workspace with all that is in its namespace; what happened there stays in the history. */
export async function deleteWorkspace(ctx: Ctx, input: DeleteWorkspace): Promise<void> {
  const { workspace: name } = input
  if (input.confirm !== name) {
    const message = 'Type the name of the workspace to delete it.'
    throw new AppError('invalid', message, { faults: [{ field: 'confirm', message }] })
  }
  await allow(ctx, { verb: 'delete', group, resource: 'rolebindings', namespace: name }, { fresh: true })
  const profile = await ownProfile(ctx, name)
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, {
      workspace: name,
      action: 'workspaces.delete',
      subject: `workspace/${name}`,
      before: { owner: profile.spec?.owner?.name },
    })
    await tx.db.publish({ workspace: name, topic: 'workspaces', id: name })
    await ctx.kube.delete(resources.profiles, { name }, { uid: profile.metadata.uid ?? '' })
  })
}

/** The profile, where the actor owns it or is an operator. */
async function ownProfile(ctx: Ctx, name: string): Promise<Profile> {
  const profile = await ctx.kube.find<Profile>(resources.profiles, { name })
  if (!profile) throw new AppError('not_found', `There is no workspace ${name}.`)
  const { actor } = ctx
  const owner = profile.spec?.owner
  const owns =
    (owner?.kind === 'User' && owner.name === actor.username) ||
    (owner?.kind === 'Group' && actor.groups.includes(owner.name))
  if (owns) return profile
  await allowOperator(ctx).catch((cause) => {
    throw new AppError(
      'forbidden',
      `Only ${owner?.name ?? 'its owner'}, who owns ${name}, or an operator may do this.`,
      {
        cause,
      },
    )
  })
  return profile
}

function holds(present: Parameters<typeof newBinding>[1], owner: { name: string }, role: Contributor['role']): boolean {
  return present
    .flatMap((each) => toContributor(each) ?? [])
    .some((each) => each.binding !== ownerBindingName && each.subject === owner.name && each.role === role)
}

async function dropQuietly(ctx: Ctx, namespace: string, name: string): Promise<void> {
  await asActor(ctx)
    .delete(resources.roleBindings, { namespace, name })
    .catch(() => {})
}
