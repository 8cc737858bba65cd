/**
 * The addresses of Kubeflow's central dashboard (centraldashboard, api_workgroup.ts and api.ts) that are safe to keep. Who
 * asks is the proved identity; owners come from it and never from a body. `nuke-self` is not kept: it deletes the workspace
 * that is named as the e-mail's local part, whoever owns it.
 */

import { WorkspaceName } from '@keelson/contracts/ids'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { allowOperator, isAdmin } from '@keelson/core/access'
import { listEvents } from '@keelson/core/activity'
import type { Ctx } from '@keelson/core/context'
import {
  addContributor,
  createWorkspace,
  getRegistration,
  listContributors,
  listVisibleBindings,
  listWorkspaces,
  removeContributor,
} from '@keelson/core/workspaces'
import { AppError } from '@keelson/process/app-error'
import { releaseBody, sendJson } from '@keelson/process/http-body'
import { z } from 'zod'
import { callerOf, type FrontCall, type FrontRoute } from '../front/route.ts'
import { parseBody } from './parse-body.ts'

type Answer = (call: FrontCall, ctx: Ctx) => Promise<unknown>

const notHere = 'Metrics are not offered at this address.'
const unsafe =
  'nuke-self is not offered: it would delete the workspace that is named as your e-mail begins. DELETE /kfam/v1/profiles/NAME deletes the one you name.'

export function dashboardRoutes(version: string): FrontRoute[] {
  const at = (method: string, path: string, answer: Answer): FrontRoute => ({
    name: 'kubeflow-dashboard',
    pattern: `/api/${path}`,
    maxBodyBytes: 64 * 1024,
    handle: async (call) => {
      if (call.request.method !== method) throw new AppError('invalid', `This address takes ${method}.`)
      sendJson(call.response, 200, await answer(call, callerOf(call)))
    },
    // The shape that its clients read: {"error": "…"}.
    fail: ({ request, response }, error) => {
      releaseBody(request, response)
      sendJson(response, error.httpStatus, { error: error.message })
    },
  })
  return [
    at('GET', 'workgroup/exists', async (_call, ctx) => exists(ctx)),
    at('POST', 'workgroup/create', createOwn),
    at('GET', 'workgroup/env-info', async (_call, ctx) => environment(ctx, version)),
    at('DELETE', 'workgroup/nuke-self', refuseNuke),
    at('GET', 'workgroup/get-all-namespaces', async (_call, ctx) => allNamespaces(ctx)),
    at('GET', 'workgroup/get-contributors/:namespace', async (call, ctx) => contributorsOf(ctx, namespaceOf(call))),
    at('POST', 'workgroup/add-contributor/:namespace', add),
    at('DELETE', 'workgroup/remove-contributor/:namespace', remove),
    at('GET', 'namespaces', async (_call, ctx) => namespaces(ctx)),
    at('GET', 'activities/:namespace', async (call, ctx) => listEvents(ctx, { workspace: namespaceOf(call) })),
    at('GET', 'dashboard-links', async () => links),
    at('GET', 'dashboard-settings', async () => ({ DASHBOARD_FORCE_IFRAME: false })),
    at('GET', 'metrics/*', async () => {
      throw new AppError('unimplemented', notHere)
    }),
  ]
}

function namespaceOf({ match }: FrontCall): string {
  return parseBody(Buffer.from(JSON.stringify(match.params.namespace ?? '')), WorkspaceName)
}

async function exists(ctx: Ctx): Promise<unknown> {
  const [registration, workspaces] = await Promise.all([getRegistration(ctx), listWorkspaces(ctx)])
  return {
    hasAuth: true,
    user: ctx.actor.username,
    hasWorkgroup: workspaces.some((each) => each.owner === ctx.actor.username),
    registrationFlowAllowed: registration.mayCreate,
  }
}

/** Upstream takes `user` from the body and makes them the owner; here it may only repeat who asks. */
async function createOwn(call: FrontCall, ctx: Ctx): Promise<unknown> {
  const schema = z.object({ namespace: WorkspaceName.optional(), user: z.string().optional() })
  const { namespace, user } = parseBody(await call.readBody(), schema)
  if (user !== undefined && user !== ctx.actor.username)
    throw new AppError('forbidden', 'A workspace made here is owned by who is signed in.')
  const name = namespace ?? (await getRegistration(ctx)).suggestion
  await createWorkspace(ctx, { name })
  return { message: `Created namespace ${name}` }
}

async function environment(ctx: Ctx, version: string): Promise<unknown> {
  const bindings = await listVisibleBindings(ctx, {})
  const own = bindings.filter(({ subjectKind, subject }) =>
    subjectKind === 'User' ? subject === ctx.actor.username : ctx.actor.groups.includes(subject),
  )
  return {
    user: ctx.actor.username,
    platform: { kubeflowVersion: version, provider: 'keelson', providerName: 'keelson' },
    namespaces: own.map(({ workspace, role }) => ({ user: ctx.actor.username, namespace: workspace, role })),
    isClusterAdmin: isAdmin(ctx),
  }
}

const refuseNuke: Answer = async () => {
  throw new AppError('unimplemented', unsafe)
}

/** Upstream tells everybody; here operators alone. */
async function allNamespaces(ctx: Ctx): Promise<unknown> {
  await allowOperator(ctx)
  const rows = new Map<string, { owner: string; contributors: string[] }>()
  for (const { workspace, role, subject } of await listVisibleBindings(ctx, {})) {
    const row = rows.get(workspace) ?? { owner: '', contributors: [] }
    rows.set(workspace, role === 'owner' ? { ...row, owner: row.owner || subject } : row)
    if (role !== 'owner') row.contributors.push(subject)
  }
  return [...rows].map(([name, { owner, contributors }]) => [name, owner, contributors.join(', ')])
}

async function contributorsOf(ctx: Ctx, workspace: string): Promise<string[]> {
  const all = await listContributors(ctx, { workspace })
  return all.filter((each) => each.role === 'contributor' && each.subjectKind === 'User').map((each) => each.subject)
}

const Contributor = z.object({ contributor: z.string().min(1) })

async function add(call: FrontCall, ctx: Ctx): Promise<string[]> {
  const workspace = namespaceOf(call)
  const { contributor } = parseBody(await call.readBody(), Contributor)
  await addContributor(ctx, { workspace, subjectKind: 'User', subject: contributor, role: 'contributor' })
  return contributorsOf(ctx, workspace)
}

async function remove(call: FrontCall, ctx: Ctx): Promise<string[]> {
  const workspace = namespaceOf(call)
  const { contributor } = parseBody(await call.readBody(), Contributor)
  const present = (await listContributors(ctx, { workspace })).find(
    (each) => each.subjectKind === 'User' && each.subject === contributor && each.role === 'contributor',
  )
  if (!present) throw new AppError('not_found', `${contributor} is no contributor of ${workspace}.`)
  await removeContributor(ctx, { workspace, binding: present.binding })
  return contributorsOf(ctx, workspace)
}

/** Upstream lists every namespace of the cluster; here those where the caller is anybody. */
async function namespaces(ctx: Ctx): Promise<Pick<KubeObject, 'metadata'>[]> {
  const own = await listWorkspaces(ctx)
  return own.map(({ name, createdAt }) => ({ metadata: { name, creationTimestamp: createdAt } }))
}

const link = (path: string, text: string) => ({ type: 'item', link: `/w/{ns}${path}`, text, icon: '' })

const links = {
  menuLinks: [
    link('/notebooks', 'Notebooks'),
    link('/jobs', 'Jobs'),
    link('/experiments', 'Experiments'),
    link('/models', 'Models'),
    link('/endpoints', 'Endpoints'),
  ],
  externalLinks: [],
  quickLinks: [],
  documentationItems: [],
}
