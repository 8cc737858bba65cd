/**
 * Kubeflow's access management API (components/access-management, swagger.yaml): profiles and contributors. Its paths,
 * bodies and status codes; who asks is always the proved identity, never a header, and every call is authorised in `core`.
 */

import { WorkspaceName } from '@keelson/contracts/ids'
import { QuotaHard } from '@keelson/contracts/workspaces'
import { isAdmin, isAdminByName } from '@keelson/core/access'
import type { Ctx } from '@keelson/core/context'
import {
  addContributor,
  createWorkspace,
  createWorkspaceFor,
  deleteWorkspace,
  listVisibleBindings,
  removeContributor,
  roleOfKubeflow,
  toKubeflowRole,
} from '@keelson/core/workspaces'
import { AppError } from '@keelson/process/app-error'
import { releaseBody, sendText } from '@keelson/process/http-body'
import { z } from 'zod'
import { callerOf, type FrontCall, type FrontRoute } from '../front/route.ts'
import { parseBody } from './parse-body.ts'

const json = { 'content-type': 'application/json; charset=UTF-8' }
const RoleRef = z.object({ kind: z.string().default('ClusterRole'), name: z.string() })

/** On the wire the key is `RoleRef`; Go's decoder takes it in any case, so older clients send `roleRef`. */
const Binding = z.preprocess(
  withRoleRef,
  z.object({
    user: z.object({ kind: z.string().default('User'), name: z.string().min(1) }),
    referredNamespace: WorkspaceName,
    RoleRef,
  }),
)

const Profile = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z
    .object({
      owner: z.object({ kind: z.string().default('User'), name: z.string() }).optional(),
      resourceQuotaSpec: z.object({ hard: QuotaHard.default({}) }).optional(),
    })
    .default({}),
})

export function kfamRoute(): FrontRoute {
  return {
    name: 'kfam',
    pattern: '/kfam/*',
    maxBodyBytes: 256 * 1024,
    handle: (call) => serve(call),
    fail: ({ request, response, match }, error) => {
      releaseBody(request, response)
      const isProfileDelete = request.method === 'DELETE' && match.rest.startsWith('v1/profiles')
      sendText(response, statusOf(error, isProfileDelete ? 401 : 403), error.message, json)
    },
  }
}

/** Upstream says 403 (and 401 where a profile is deleted) to whatever goes wrong; what is not the caller's fault is told as such. */
function statusOf(error: AppError, refused: number): number {
  if (['unauthenticated', 'unavailable', 'internal', 'exhausted'].includes(error.code)) return error.httpStatus
  if (error instanceof NoSuchAddress) return 404
  return refused
}

class NoSuchAddress extends AppError {
  constructor() {
    super('not_found', 'There is nothing at this address.')
  }
}

async function serve(call: FrontCall): Promise<void> {
  const ctx = callerOf(call)
  const { request, response, match } = call
  const [area = '', ...rest] = match.rest
    .replace(/\/$/, '')
    .split('/')
    .slice(match.rest.startsWith('v1/') ? 1 : 0)
  const what = `${request.method} ${area}`
  if (match.rest === '' && request.method === 'GET') return sendText(response, 200, 'Hello World!')
  if (!match.rest.startsWith('v1/')) throw new NoSuchAddress()
  if (what === 'GET bindings' && rest.length === 0) return send(call, await readBindings(ctx, match.query))
  if (what === 'POST bindings' && rest.length === 0) return send(call, await makeBinding(call, ctx))
  if (what === 'DELETE bindings' && rest.length === 0) return send(call, await dropBinding(call, ctx))
  if (what === 'POST profiles' && rest.length === 0) return send(call, await makeProfile(call, ctx))
  if (what === 'DELETE profiles' && rest.length === 1) {
    const workspace = workspaceName(rest[0] ?? '')
    call.note({ workspace })
    return send(call, await deleteWorkspace(ctx, { workspace, confirm: workspace }))
  }
  if (what === 'GET role' && rest.join('/') === 'clusteradmin') return send(call, await clusterAdmin(ctx, match.query))
  throw new NoSuchAddress()
}

/** Upstream's answers to changes have no body. */
function send({ response }: FrontCall, body: unknown): void {
  sendText(response, 200, body === undefined ? '' : JSON.stringify(body), json)
}

async function readBindings(ctx: Ctx, query: URLSearchParams): Promise<{ bindings: unknown[] }> {
  const [user, namespace, role] = ['user', 'namespace', 'role'].map((name) => query.get(name) || undefined)
  const workspace = namespace === undefined ? undefined : workspaceName(namespace)
  const visible = await listVisibleBindings(ctx, { workspace })
  return {
    bindings: visible
      .map((each) => ({
        user: { kind: each.subjectKind, name: each.subject },
        referredNamespace: each.workspace,
        RoleRef: { kind: 'ClusterRole', name: toKubeflowRole(each.role) },
      }))
      .filter((each) => user === undefined || each.user.name === user)
      .filter((each) => role === undefined || each.RoleRef.name === role),
  }
}

async function makeBinding(call: FrontCall, ctx: Ctx): Promise<void> {
  const { user, referredNamespace: workspace, role } = await readBinding(call)
  await addContributor(ctx, { workspace, subjectKind: user.kind, subject: user.name, role })
}

async function dropBinding(call: FrontCall, ctx: Ctx): Promise<void> {
  const { user, referredNamespace: workspace, role } = await readBinding(call)
  const present = (await listVisibleBindings(ctx, { workspace })).find(
    (each) => each.subjectKind === user.kind && each.subject === user.name && each.role === role,
  )
  if (!present) throw new AppError('not_found', `${user.name} has no such role in ${workspace}.`)
  await removeContributor(ctx, { workspace, binding: present.binding })
}

async function readBinding(call: FrontCall) {
  const { user, referredNamespace, RoleRef: ref } = parseBody(await call.readBody(), Binding)
  call.note({ workspace: referredNamespace })
  const role = ref.kind === 'ClusterRole' ? roleOfKubeflow(ref.name) : null
  if (role === null) throw new AppError('invalid', `RoleRef must be the ClusterRole admin, edit or view.`)
  const { kind, name } = user
  if (kind !== 'User' && kind !== 'Group')
    throw new AppError('invalid', `A ${kind} cannot be a contributor: a User or a Group can.`)
  return { user: { kind, name }, referredNamespace, role } as const
}

/** Everybody makes their own, as registration allows; for somebody else, or with a quota, operators do. */
async function makeProfile(call: FrontCall, ctx: Ctx): Promise<void> {
  const { metadata, spec } = parseBody(await call.readBody(), Profile)
  const name = workspaceName(metadata.name)
  const owner = spec.owner ?? { kind: 'User', name: ctx.actor.username }
  const quota = spec.resourceQuotaSpec?.hard ?? {}
  const isOwn = owner.kind === 'User' && owner.name === ctx.actor.username
  if (isOwn && Object.keys(quota).length === 0) await createWorkspace(ctx, { name })
  else await createWorkspaceFor(ctx, { name, owner, quota })
}

/** About oneself anybody may ask; about others only operators, by what is known of them here. */
async function clusterAdmin(ctx: Ctx, query: URLSearchParams): Promise<boolean> {
  const user = query.get('user') ?? ''
  if (user === '' || user === ctx.actor.username) return isAdmin(ctx)
  if (!isAdmin(ctx)) throw new AppError('forbidden', 'Only operators ask this about somebody else.')
  return isAdminByName(ctx, user)
}

function workspaceName(text: string): string {
  const parsed = WorkspaceName.safeParse(text)
  if (!parsed.success) throw new AppError('invalid', `"${text.slice(0, 100)}" cannot be the name of a workspace.`)
  return parsed.data
}

function withRoleRef(body: unknown): unknown {
  if (body === null || typeof body !== 'object') return body
  const key = Object.keys(body).find((each) => each.toLowerCase() === 'roleref')
  return key === undefined ? body : { ...body, RoleRef: (body as Record<string, unknown>)[key] }
}
