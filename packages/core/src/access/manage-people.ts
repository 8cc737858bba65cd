/** What operators do with the people of the installation. Every call asks the API server anew whether one is an operator. */
import type { EndAccess, GroupSummary, PersonDetail, PersonSummary, SetPersonDisabled } from '@keelson/contracts/access'
import type { KubeObject, Subject } from '@keelson/contracts/kubernetes'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { asActor, type Ctx, inTransaction } from '../context/ctx.ts'
import { allowOperator } from './allow.ts'
import { directory } from './directory.store.ts'
import { recordAudit } from './record-audit.ts'
import { sessions } from './sessions.store.ts'
import { tokens } from './tokens.store.ts'

/** Everybody who ever signed in, the latest first. */
export async function listPeople(ctx: Ctx, input: { search?: string | undefined }): Promise<PersonSummary[]> {
  await allowOperator(ctx)
  return directory.listPeople(ctx.db, input.search ?? '', ctx.clock.now())
}

/** One person with what is open in their name and the roles that name them. */
export async function getPerson(ctx: Ctx, input: { id: string }): Promise<PersonDetail> {
  await allowOperator(ctx)
  const person = await foundPerson(ctx, input.id)
  const now = ctx.clock.now()
  const [open, active, bindings] = await Promise.all([
    sessions.listActive(ctx.db, person.id, now),
    tokens.listActive(ctx.db, person.id, now),
    listBindings(ctx),
  ])
  return {
    person,
    sessions: open.map((each) => ({
      id: each.id,
      createdAt: each.createdAt.toISOString(),
      expiresAt: each.expiresAt.toISOString(),
    })),
    tokens: active,
    roles: bindings.flatMap((binding) => {
      const named = (binding.subjects ?? []).find(
        (subject) =>
          (subject.kind === 'User' && subject.name === person.username) ||
          (subject.kind === 'Group' && person.groups.includes(subject.name)),
      )
      if (!named) return []
      const { namespace = null } = binding.metadata
      return [{ workspace: namespace, role: binding.roleRef.name, through: named.kind === 'Group' ? named.name : null }]
    }),
  }
}

/** The groups that the identity provider sent, and those that some binding names, with where they have a role. */
export async function listGroups(ctx: Ctx): Promise<GroupSummary[]> {
  await allowOperator(ctx)
  const [counts, bindings] = await Promise.all([directory.countGroups(ctx.db), listBindings(ctx)])
  const roles = new Map<string, GroupSummary['roles']>()
  for (const binding of bindings) {
    for (const { kind, name } of binding.subjects ?? []) {
      if (kind !== 'Group' || name.startsWith('system:')) continue
      const role = { workspace: binding.metadata.namespace ?? null, role: binding.roleRef.name }
      roles.set(name, [...(roles.get(name) ?? []), role])
    }
  }
  const names = new Set([...counts.keys(), ...roles.keys()])
  return [...names].sort().map((name) => ({ name, people: counts.get(name) ?? 0, roles: roles.get(name) ?? [] }))
}

/** A disabled person signs in no more, and what is open in their name ends now. Nobody disables themselves. */
export async function setPersonDisabled(ctx: Ctx, input: SetPersonDisabled): Promise<void> {
  await allowOperator(ctx)
  const person = await foundPerson(ctx, input.id)
  if (person.username === ctx.actor.username)
    throw new AppError('precondition', 'You cannot disable yourself: another operator has to.')
  await inTransaction(ctx, async (tx) => {
    const now = ctx.clock.now()
    await directory.setDisabled(tx.db, person.id, input.disabled ? now : null)
    if (input.disabled) {
      for (const id of await sessions.revokeAll(tx.db, person.id, now))
        await tx.db.publish({ workspace: null, topic: 'access', id: `session:${id}` })
      for (const id of await tokens.revokeAll(tx.db, person.id, now))
        await tx.db.publish({ workspace: null, topic: 'access', id: `token:${id}` })
    }
    await recordAudit(tx, {
      workspace: null,
      action: input.disabled ? 'people.disable' : 'people.enable',
      subject: `person/${person.username}`,
      after: { disabled: input.disabled, reason: input.reason },
    })
  })
}

/** Ends one session or token of somebody. */
export async function endAccess(ctx: Ctx, input: EndAccess): Promise<void> {
  await allowOperator(ctx)
  const person = await foundPerson(ctx, input.personId)
  await inTransaction(ctx, async (tx) => {
    const now = ctx.clock.now()
    const ended =
      input.kind === 'session'
        ? await sessions.revoke(tx.db, input.id, now)
        : (await tokens.revoke(tx.db, person.id, input.id, now)) !== null
    if (!ended) throw new AppError('not_found', `${person.username} has no such ${input.kind} any more.`)
    await recordAudit(tx, {
      workspace: null,
      action: 'people.endAccess',
      subject: `person/${person.username}`,
      before: { kind: input.kind, id: input.id },
    })
    await tx.db.publish({ workspace: null, topic: 'access', id: `${input.kind}:${input.id}` })
  })
}

async function foundPerson(ctx: Ctx, id: string): Promise<PersonSummary> {
  const person = await directory.findPerson(ctx.db, id, ctx.clock.now())
  if (person === null) throw new AppError('not_found', 'There is no such person.')
  return person
}

type Binding = KubeObject & { roleRef: { name: string }; subjects?: Subject[] }

/** As the operator: who may see all bindings sees them. */
async function listBindings(ctx: Ctx): Promise<Binding[]> {
  const api = asActor(ctx)
  const [inWorkspaces, everywhere] = await Promise.all([
    api.list<Binding>(resources.roleBindings),
    api.list<Binding>(resources.clusterRoleBindings),
  ])
  return [...inWorkspaces.items, ...everywhere.items]
}
