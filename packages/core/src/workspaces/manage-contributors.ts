import type { WorkspaceRole } from '@keelson/contracts/access'
import type { AddContributor, Contributor, RemoveContributor, UpdateContributor } from '@keelson/contracts/workspaces'
import { type KubeApi, resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import {
  bindingName,
  desiredBinding,
  expiryAnnotation,
  type RoleBinding,
  rightsOf,
  subjectFault,
  toContributor,
} from './contributor.rules.ts'
import { ownerBindingName } from './profile.rules.ts'

const group = 'rbac.authorization.k8s.io'

/** Who has a role in a workspace by Kubeflow's access API or ours; the owner is among them. */
export async function listContributors(ctx: Ctx, input: { workspace: string }): Promise<Contributor[]> {
  const namespace = input.workspace
  await allow(ctx, { verb: 'list', group, resource: 'rolebindings', namespace })
  const { items } = await asActor(ctx).list<RoleBinding>(resources.roleBindings, { namespace })
  return items.flatMap((binding) => toContributor(binding) ?? [])
}

type WithoutEnd = Omit<AddContributor, 'expiresAt'> & { expiresAt?: string | null }

/**
 * Gives a person or group a role, until `expiresAt` or for good. Nobody gives more than they have: it is asked of the server
 * anew for the strongest rights of the role, and the binding is made as the actor, so that the server's own escalation check
 * decides again.
 */
export async function addContributor(ctx: Ctx, input: WithoutEnd): Promise<Contributor> {
  const { workspace: namespace, role, expiresAt = null } = input
  const fault = subjectFault(input.subjectKind, input.subject)
  if (fault !== null)
    throw new AppError('invalid', `The name ${fault}.`, { faults: [{ field: 'subject', message: fault }] })
  checkExpiry(ctx, expiresAt)
  const subject = { kind: input.subjectKind, name: normalSubject(input) }
  await allow(ctx, { verb: 'create', group, resource: 'rolebindings', namespace }, { fresh: true })
  await allowGranting(ctx, namespace, role)
  const api = asActor(ctx)
  const present = await listBindings(api, namespace)
  const held = present.flatMap((binding) => toContributor(binding) ?? []).find((each) => isSame(each, subject, role))
  if (held) throw new AppError('already_exists', `${subject.name} is ${role} of ${namespace} already.`)
  const binding = newBinding(namespace, present, subject, { role, expiresAt })
  const added = contributorOf(binding)
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, {
      workspace: namespace,
      action: 'workspaces.addContributor',
      subject: `contributor/${subject.name}`,
      after: added,
    })
    await tx.db.publish({ workspace: namespace, topic: 'workspaces', id: namespace })
    await api.create(resources.roleBindings, binding)
  })
  return added
}

/** Another role or another end for who has one. Kubernetes never changes a binding's role, so another role is another binding. */
export async function updateContributor(ctx: Ctx, input: UpdateContributor): Promise<Contributor> {
  const { workspace: namespace, role, expiresAt } = input
  checkExpiry(ctx, expiresAt)
  await allow(ctx, { verb: 'create', group, resource: 'rolebindings', namespace }, { fresh: true })
  await allow(ctx, { verb: 'delete', group, resource: 'rolebindings', namespace }, { fresh: true })
  await allowGranting(ctx, namespace, role)
  const api = asActor(ctx)
  const { binding: present, contributor: before } = await foundContributor(api, namespace, input.binding)
  const subject = { kind: before.subjectKind, name: before.subject }
  const others = await listBindings(api, namespace)
  const isHeld = others
    .flatMap((each) => toContributor(each) ?? [])
    .some((each) => each.binding !== before.binding && isSame(each, subject, role))
  if (isHeld) throw new AppError('already_exists', `${subject.name} is ${role} of ${namespace} already.`)
  const changesRole = role !== before.role
  const next = newBinding(namespace, others, subject, { role, expiresAt })
  const after: Contributor = changesRole ? contributorOf(next) : { ...before, expiresAt }
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, {
      workspace: namespace,
      action: 'workspaces.changeContributor',
      subject: `contributor/${subject.name}`,
      before,
      after,
    })
    await tx.db.publish({ workspace: namespace, topic: 'workspaces', id: namespace })
    if (changesRole) return replaceBinding(api, present, next)
    const metadata = {
      annotations: { [expiryAnnotation]: expiresAt },
      resourceVersion: present.metadata.resourceVersion,
    }
    await api.patch(resources.roleBindings, { namespace, name: before.binding }, { metadata })
  })
  return after
}

/** Takes a role away again. The owner's own binding belongs to the profile, which would make it anew. */
export async function removeContributor(ctx: Ctx, input: RemoveContributor): Promise<void> {
  const { workspace: namespace, binding: name } = input
  await allow(ctx, { verb: 'delete', group, resource: 'rolebindings', namespace }, { fresh: true })
  const api = asActor(ctx)
  const { binding, contributor } = await foundContributor(api, namespace, name)
  await takeBack(ctx, api, { action: 'workspaces.removeContributor', binding, contributor })
}

type TakenBack = { action: string; binding: RoleBinding; contributor: Contributor }

/** Deletes the binding of a role, and writes down that it ended; `api` is who does it. */
export async function takeBack(ctx: Ctx, api: KubeApi, { action, binding, contributor }: TakenBack): Promise<void> {
  const { namespace = '', name = '', uid = '' } = binding.metadata
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, {
      workspace: namespace,
      action,
      subject: `contributor/${contributor.subject}`,
      before: contributor,
    })
    await tx.db.publish({ workspace: namespace, topic: 'workspaces', id: namespace })
    await api.delete(resources.roleBindings, { namespace, name }, { uid })
  })
}

/** Throws unless the actor has itself what the role gives. */
export async function allowGranting(ctx: Ctx, namespace: string, role: WorkspaceRole): Promise<void> {
  for (const right of rightsOf(role, namespace)) await allow(ctx, right, { fresh: true })
}

/** A binding of one of the contributors. The profile's own is none that anybody changes here. */
export async function foundContributor(
  api: KubeApi,
  namespace: string,
  name: string,
): Promise<{ binding: RoleBinding; contributor: Contributor }> {
  const binding = await api.find<RoleBinding>(resources.roleBindings, { namespace, name })
  const contributor = binding && toContributor(binding)
  if (!contributor) throw new AppError('not_found', `There is no contributor ${name} in workspace ${namespace}.`)
  if (name === ownerBindingName) {
    throw new AppError(
      'precondition',
      `${contributor.subject} owns ${namespace}. Hand the workspace to somebody else first.`,
    )
  }
  return { binding, contributor }
}

export async function listBindings(api: KubeApi, namespace: string): Promise<RoleBinding[]> {
  return (await api.list<RoleBinding>(resources.roleBindings, { namespace })).items
}

/** A new binding under Kubeflow's name for it, or with a hash where that name is somebody else's. */
export function newBinding(
  namespace: string,
  present: readonly RoleBinding[],
  subject: { kind: string; name: string },
  grant: { role: WorkspaceRole; expiresAt: string | null },
): RoleBinding {
  const collides = present.some(({ metadata }) => metadata.name === bindingName(subject, grant.role))
  return desiredBinding(namespace, bindingName(subject, grant.role, collides), subject, grant)
}

/** The new one first, so that nobody is locked out halfway; when the old one stays, the new one goes again. */
async function replaceBinding(api: KubeApi, old: RoleBinding, next: RoleBinding): Promise<void> {
  const made = await api.create(resources.roleBindings, next)
  const { namespace, name = '', uid = '' } = old.metadata
  try {
    await api.delete(resources.roleBindings, { namespace, name }, { uid })
  } catch (error) {
    const { name: newName = '', uid: newUid = '' } = made.metadata
    await api.delete(resources.roleBindings, { namespace, name: newName }, { uid: newUid }).catch(() => {})
    throw error
  }
}

function contributorOf(binding: RoleBinding): Contributor {
  const contributor = toContributor(binding)
  if (contributor === null) throw new AppError('internal', 'A binding of ours is none of ours.')
  return contributor
}

function isSame(one: Contributor, subject: { kind: string; name: string }, role: WorkspaceRole): boolean {
  return one.subjectKind === subject.kind && one.subject === subject.name && one.role === role
}

function checkExpiry(ctx: Ctx, expiresAt: string | null): void {
  if (expiresAt === null || new Date(expiresAt) > ctx.clock.now()) return
  const message = 'The end lies in the past.'
  throw new AppError('invalid', message, { faults: [{ field: 'expiresAt', message }] })
}

/** E-mail addresses are one person in any case, as at sign-in. */
function normalSubject({ subject, subjectKind }: Pick<AddContributor, 'subject' | 'subjectKind'>): string {
  return subjectKind === 'User' && subject.includes('@') ? subject.toLowerCase() : subject
}
