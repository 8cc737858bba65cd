import type { AddContributor, Contributor, RemoveContributor } from '@keelson/contracts/workspaces'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import {
  bindingName,
  desiredBinding,
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

/**
 * Gives a person or group a role. Nobody gives more than they have: it is asked of the server anew for the strongest rights
 * of the role, and the binding is made as the actor, so that the server's own escalation check decides again.
 */
export async function addContributor(ctx: Ctx, input: AddContributor): Promise<Contributor> {
  const { workspace: namespace, role } = input
  const fault = subjectFault(input.subjectKind, input.subject)
  if (fault !== null)
    throw new AppError('invalid', `The name ${fault}.`, { faults: [{ field: 'subject', message: fault }] })
  const subject = { kind: input.subjectKind, name: normalSubject(input) }
  await allow(ctx, { verb: 'create', group, resource: 'rolebindings', namespace }, { fresh: true })
  for (const right of rightsOf(role, namespace)) await allow(ctx, right, { fresh: true })
  const api = asActor(ctx)
  const present = await api.list<RoleBinding>(resources.roleBindings, { namespace })
  const contributors = present.items.flatMap((binding) => toContributor(binding) ?? [])
  if (
    contributors.some(
      (each) => each.subjectKind === subject.kind && each.subject === subject.name && each.role === role,
    )
  ) {
    throw new AppError('already_exists', `${subject.name} is ${role} of ${namespace} already.`)
  }
  const collides = present.items.some(({ metadata }) => metadata.name === bindingName(subject, role))
  const binding = desiredBinding(namespace, bindingName(subject, role, collides), subject, role)
  const added: Contributor = {
    binding: binding.metadata.name ?? '',
    subjectKind: subject.kind,
    subject: subject.name,
    role,
  }
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

/** Takes a role away again. The owner's own binding belongs to the profile, which would make it anew. */
export async function removeContributor(ctx: Ctx, input: RemoveContributor): Promise<void> {
  const { workspace: namespace, binding: name } = input
  await allow(ctx, { verb: 'delete', group, resource: 'rolebindings', namespace }, { fresh: true })
  const api = asActor(ctx)
  const binding = await api.find<RoleBinding>(resources.roleBindings, { namespace, name })
  const contributor = binding && toContributor(binding)
  if (!contributor) throw new AppError('not_found', `There is no contributor ${name} in workspace ${namespace}.`)
  if (name === ownerBindingName) {
    throw new AppError(
      'precondition',
      `${contributor.subject} owns ${namespace}; an owner is changed in the profile itself.`,
    )
  }
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, {
      workspace: namespace,
      action: 'workspaces.removeContributor',
      subject: `contributor/${contributor.subject}`,
      before: contributor,
    })
    await tx.db.publish({ workspace: namespace, topic: 'workspaces', id: namespace })
    await api.delete(resources.roleBindings, { namespace, name }, { uid: binding.metadata.uid ?? '' })
  })
}

/** E-mail addresses are one person in any case, as at sign-in. */
function normalSubject({ subject, subjectKind }: AddContributor): string {
  return subjectKind === 'User' && subject.includes('@') ? subject.toLowerCase() : subject
}
