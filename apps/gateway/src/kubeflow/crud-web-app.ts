/**
 * The frame of Kubeflow's web apps (crud-web-apps/common/backend): the shape of answers and errors, and the double-submit cookie. Every
 * call is made as who asks; here also those on nodes, namespaces and storage classes, which upstream answers to anybody.
 */
import { randomBytes } from 'node:crypto'
import { WorkspaceName } from '@keelson/contracts/ids'
import { allow, sameSecret } from '@keelson/core/access'
import type { Ctx } from '@keelson/core/context'
import { listPodDefaults, listStorageClasses, podDefaultChoice } from '@keelson/core/notebooks'
import { listWorkspaces } from '@keelson/core/workspaces'
import { AppError } from '@keelson/process/app-error'
import { releaseBody, sendJson } from '@keelson/process/http-body'
import type { z } from 'zod'
import { cookieValues } from '../front/credential.rules.ts'
import { callerOf, type FrontCall, type FrontRoute } from '../front/route.ts'
import { parseBody } from './parse-body.ts'

export type Answer = (call: FrontCall, ctx: Ctx) => Promise<Record<string, unknown>>
export type Methods = Readonly<Partial<Record<'GET' | 'POST' | 'PATCH' | 'DELETE', Answer>>>

/** `base`: the first part of its addresses, `jupyter`. `page`: where its own page is in the dashboard. */
export type CrudWebApp = { base: string; name: string; paths: Readonly<Record<string, Methods>>; page: string }

export function crudWebApp(app: CrudWebApp): FrontRoute[] {
  const shared: Record<string, Methods> = {
    'api/namespaces': { GET: async (_call, ctx) => ({ namespaces: await requireAnyWorkspace(ctx) }) },
    'api/storageclasses': { GET: async (_call, ctx) => ({ storageClasses: await storageClasses(ctx) }) },
    'api/storageclasses/default': { GET: async (_call, ctx) => ({ defaultStorageClass: await defaultClass(ctx) }) },
  }
  return [...Object.entries({ ...shared, ...app.paths }).map(([path, methods]) => at(app, path, methods)), home(app)]
}

/** Upstream's own page; the dashboard's is elsewhere. Its clients come here for the cookie that they send back. */
function home(app: CrudWebApp): FrontRoute {
  return {
    name: app.name,
    pattern: `/${app.base}/*`,
    handle: async (call) => {
      if (call.match.rest.startsWith('api/') || call.request.method !== 'GET')
        throw new AppError('not_found', 'There is nothing at this address.')
      giveCookie(app, call)
      call.response.writeHead(302, { location: app.page, 'cache-control': 'no-store' }).end()
    },
    fail,
  }
}

function at(app: CrudWebApp, path: string, methods: Methods): FrontRoute {
  return {
    name: app.name,
    pattern: `/${app.base}/${path}`,
    maxBodyBytes: 256 * 1024,
    handle: async (call) => {
      const ctx = callerOf(call)
      const { request, response, match } = call
      const method = request.method ?? ''
      const answer = Object.hasOwn(methods, method) ? methods[method as keyof Methods] : undefined
      if (answer === undefined) throw new NotAllowed(method, Object.keys(methods))
      if (method === 'GET') giveCookie(app, call)
      else checkCookie(call, ctx)
      if (match.params.namespace !== undefined) call.note({ workspace: match.params.namespace })
      const fields = await answer(call, ctx)
      sendJson(response, 200, { status: 200, success: true, user: ctx.actor.username, ...fields })
    },
    fail,
  }
}

class NotAllowed extends AppError {
  constructor(method: string, allowed: readonly string[]) {
    super('invalid', `${method} is not allowed here: this address takes ${allowed.join(', ')}.`)
  }
}

/** `{success: false, log, status, user}`: the shape that its clients read. */
function fail({ request, response }: Parameters<NonNullable<FrontRoute['fail']>>[0], error: AppError): void {
  releaseBody(request, response)
  const status = error instanceof NotAllowed ? 405 : error.httpStatus
  sendJson(response, status, { success: false, log: error.message, status, user: null })
}

/** The double-submit cookie of upstream's clients (crud_backend/csrf.py). Who brings a token needs none. */
const cookieName = 'XSRF-TOKEN'

function giveCookie({ base: path }: CrudWebApp, { request, response, base, core }: FrontCall): void {
  if (core?.actor.kind !== 'person' || core.actor.via !== 'session') return
  if (cookieValues(request.headers.cookie, cookieName).length > 0) return
  const secure = base.addresses.url.startsWith('https:') ? '; Secure' : ''
  const value = randomBytes(32).toString('base64url')
  response.appendHeader('set-cookie', `${cookieName}=${value}; Path=/${path}/; SameSite=Strict${secure}`)
}

function checkCookie({ request }: FrontCall, { actor }: Ctx): void {
  if (actor.kind !== 'person' || actor.via !== 'session') return
  const [cookie, ...more] = cookieValues(request.headers.cookie, cookieName)
  const header = request.headers['x-xsrf-token']
  if (cookie === undefined) throw new AppError('forbidden', `Could not find CSRF cookie ${cookieName} in the request.`)
  if (typeof header !== 'string')
    throw new AppError('forbidden', 'Could not detect CSRF protection header X-XSRF-TOKEN.')
  if (more.length > 0 || !sameSecret(header, cookie))
    throw new AppError('forbidden', 'CSRF check failed. Token in cookie doesn’t match token in header.')
}

export function inNamespace({ match }: FrontCall): { workspace: string } {
  return { workspace: ofPath(WorkspaceName, match.params.namespace) }
}

export function ofPath<T extends z.ZodType>(schema: T, part: string | undefined): z.infer<T> {
  return parseBody(Buffer.from(JSON.stringify(part ?? '')), schema)
}

/** Throws `forbidden` for who is nobody in any workspace: what the whole cluster has is not everybody's to know. */
export async function requireAnyWorkspace(ctx: Ctx): Promise<string[]> {
  const names = (await listWorkspaces(ctx)).map(({ name }) => name)
  if (names.length === 0)
    throw new AppError('forbidden', `${ctx.actor.username} has no role in any workspace: ask an owner for one.`)
  return names
}

async function storageClasses(ctx: Ctx): Promise<string[]> {
  await requireAnyWorkspace(ctx)
  return (await listStorageClasses(ctx)).map(({ name }) => name)
}

async function defaultClass(ctx: Ctx): Promise<string> {
  await requireAnyWorkspace(ctx)
  return (await listStorageClasses(ctx)).find(({ isDefault }) => isDefault)?.name ?? ''
}

/** PodDefaults of a namespace as choices: the label that asks for each, and what people are shown. */
export async function podDefaults(call: FrontCall, ctx: Ctx) {
  const { workspace: namespace } = inNamespace(call)
  await allow(ctx, { verb: 'list', group: 'kubeflow.org', resource: 'poddefaults', namespace })
  const all = await listPodDefaults(ctx, namespace)
  const choices = all.flatMap((one) => podDefaultChoice(one) ?? [])
  return { poddefaults: choices.map(({ key, label }) => ({ label: key, desc: label })) }
}
