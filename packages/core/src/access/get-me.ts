import type { CheckAccess, Me } from '@keelson/contracts/access'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { resources } from '@keelson/kube'
import type { Ctx } from '../context/ctx.ts'
import { type AccessQuestion, allowOperator, attributesOf, isAdmin, workspacesOf } from './allow.ts'
import type { AccessDecision } from './evaluator.ts'
import { people } from './people.store.ts'

/** The caller and where it may do anything. */
export async function getMe(ctx: Ctx): Promise<Me> {
  const { actor } = ctx
  const person = actor.kind === 'person' ? await people.find(ctx.db, actor.userId) : null
  return {
    username: actor.username,
    name: person?.name ?? actor.username,
    email: person?.email ?? '',
    groups: [...actor.groups],
    isAdmin: isAdmin(ctx),
    view: actor.kind === 'person' ? (actor.view ?? null) : null,
    workspaces: workspacesOf(ctx, await candidateWorkspaces(ctx)),
  }
}

/** Where to ask for a role: the bound namespaces, or every Profile's for those whom a ClusterRoleBinding names. */
async function candidateWorkspaces(ctx: Ctx): Promise<readonly string[]> {
  if (ctx.actor.kind === 'platform') return []
  const bound = ctx.access.namespacesOf(ctx.actor)
  const all = (await ctx.kube.list<KubeObject>(resources.profiles)).items.map((profile) => profile.metadata.name ?? '')
  return bound.everywhere ? all : all.filter((name) => bound.names.includes(name))
}

/** The evaluator's answers in the order of the questions, for buttons. What is really done is checked again. */
export function checkAccess(ctx: Ctx, input: CheckAccess): AccessDecision[] {
  return input.checks.map(({ group, resource, verb, name }) =>
    screenDecision(ctx, { group, resource, verb, name, namespace: input.workspace }),
  )
}

/** What a screen may offer, with the reason where it may not; `namespace` null asks for the whole cluster. */
export function screenDecision(
  ctx: Ctx,
  asked: Omit<AccessQuestion, 'namespace'> & { namespace: string | null },
): AccessDecision {
  const { verb, resource, namespace } = asked
  const view = ctx.actor.kind === 'person' ? ctx.actor.view : undefined
  if (view !== undefined && !['get', 'list', 'watch'].includes(verb))
    return { allowed: false, reason: `${view.by} only looks as ${ctx.actor.username}.` }
  const allowed =
    ctx.actor.kind === 'platform' ||
    ctx.access.decide(ctx.actor, attributesOf({ ...asked, namespace: namespace ?? undefined })).allowed
  return { allowed, reason: allowed ? '' : `You may not ${verb} ${resource} in ${namespace ?? 'the whole cluster'}.` }
}

/** Whether somebody else is an operator, by the groups of their latest sign-in. For operators to ask. */
export async function isAdminByName(ctx: Ctx, username: string): Promise<boolean> {
  await allowOperator(ctx)
  const person = await people.findByUsername(ctx.db, username)
  const groups = person?.groups ?? []
  return isAdmin({ actor: { kind: 'person', username, groups, userId: '', via: 'token' }, access: ctx.access })
}
