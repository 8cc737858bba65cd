import type { Actor } from '@keelson/contracts/access'
import { clusterRoleOf, keelsonGroup, type Verb, type VirtualResource, WorkspaceRole } from '@keelson/contracts/access'
import type { AccessAttributes } from '@keelson/contracts/kubernetes'
import { AppError } from '@keelson/process/app-error'
import type { Ctx } from '../context/ctx.ts'

/** What a use case asks for: a verb on a virtual resource (or, with `group`, on a Kubernetes one) in one workspace. */
export type AccessQuestion = {
  verb: Verb
  /** `registeredmodels/stage` names a subresource. */
  resource: VirtualResource | (string & {})
  namespace: string
  name?: string | undefined
  /** Default: `keelson.dev`. */
  group?: string | undefined
}

/**
 * Throws `forbidden` unless the actor may. Decided in memory by the evaluator; with `fresh` by the API server itself
 * (grants, promotions and deletions). The platform's own actor is always allowed: it acts on what a person was allowed.
 */
export async function allow(ctx: Ctx, question: AccessQuestion, options: { fresh?: boolean } = {}): Promise<void> {
  if (ctx.actor.kind === 'platform') return
  const asked = attributesOf(question)
  const decision = options.fresh ? await ctx.access.decideFresh(ctx.actor, asked) : ctx.access.decide(ctx.actor, asked)
  if (!decision.allowed)
    throw new AppError('forbidden', refusal(ctx.actor, question, narrowedElsewhere(ctx.actor, question.namespace)))
}

/** The same question as a boolean, for lists and screens. */
export function isAllowed(ctx: Ctx, question: AccessQuestion): boolean {
  return ctx.actor.kind === 'platform' || ctx.access.decide(ctx.actor, attributesOf(question)).allowed
}

/** The question as the API server is asked it. */
export function attributesOf(
  question: Omit<AccessQuestion, 'namespace'> & { namespace: string | undefined },
): AccessAttributes {
  const [resource = '', subresource] = question.resource.split('/', 2)
  return {
    verb: question.verb,
    group: question.group ?? keelsonGroup,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(question.namespace === undefined ? {} : { namespace: question.namespace }),
    ...(question.name === undefined ? {} : { name: question.name }),
  }
}

function narrowedElsewhere(actor: Actor, namespace: string): string | null {
  if (actor.kind !== 'person' || actor.tokenWorkspace === undefined || actor.tokenWorkspace === namespace) return null
  return actor.tokenWorkspace
}

const readVerbs: readonly string[] = ['get', 'list', 'watch']

/** One sentence: who may not do what, and which role would. */
function refusal(actor: Actor, question: AccessQuestion, narrowedTo: string | null): string {
  const what = `${actor.username} may not ${question.verb} ${question.resource} in workspace ${question.namespace}`
  if (narrowedTo !== null) return `${what}: this access token is only for workspace ${narrowedTo}.`
  const role = leastRoleFor(question)
  return `${what}: the role ${role} (${clusterRoleOf[role]}) there would allow it; its owner can grant it.`
}

/** The least of the three workspace roles that has the verb, as `deploy/rbac` writes them. */
export function leastRoleFor(question: AccessQuestion): WorkspaceRole {
  if (question.resource === 'registeredmodels/stage' && !readVerbs.includes(question.verb)) return 'owner'
  if (question.resource === 'auditevents' || question.group === 'rbac.authorization.k8s.io')
    return WorkspaceRole.enum.owner
  if (question.group === '' && question.resource === 'secrets') return WorkspaceRole.enum.contributor
  return readVerbs.includes(question.verb) ? WorkspaceRole.enum.viewer : WorkspaceRole.enum.contributor
}

/**
 * The role the actor has in effect in a workspace, by what it may do there (however it was granted): owner when it may grant
 * roles, contributor when it may make jobs, viewer when it may look. Null when it is nobody there.
 */
export function roleIn(ctx: Ctx, workspace: string): WorkspaceRole | null {
  if (
    isAllowed(ctx, {
      verb: 'create',
      group: 'rbac.authorization.k8s.io',
      resource: 'rolebindings',
      namespace: workspace,
    })
  )
    return 'owner'
  if (isAllowed(ctx, { verb: 'create', resource: 'experiments', namespace: workspace })) return 'contributor'
  return isAllowed(ctx, { verb: 'get', resource: 'experiments', namespace: workspace }) ? 'viewer' : null
}

/** Of `candidates`, the workspaces where the actor is anybody, with its role. Filters lists before they are read. */
export function workspacesOf(ctx: Ctx, candidates: readonly string[]): { name: string; role: WorkspaceRole }[] {
  return candidates.flatMap((name) => {
    const role = roleIn(ctx, name)
    return role === null ? [] : [{ name, role }]
  })
}

const operatorRight = { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' }

/** An operator of the whole installation: may grant anything to anybody. */
export function isAdmin({ actor, access }: Pick<Ctx, 'actor' | 'access'>): boolean {
  return actor.kind === 'platform' || access.decide(actor, operatorRight).allowed
}

/** Whether the actor is an operator by the API server's own word at this moment. */
export async function isOperatorNow(ctx: Ctx): Promise<boolean> {
  return ctx.actor.kind === 'platform' || (await ctx.access.decideFresh(ctx.actor, operatorRight)).allowed
}

/** Throws `forbidden` unless the actor is an operator, by the API server's own word at this moment. */
export async function allowOperator(ctx: Ctx): Promise<void> {
  if (!(await isOperatorNow(ctx)))
    throw new AppError('forbidden', `${ctx.actor.username} is no operator of this installation.`)
}
