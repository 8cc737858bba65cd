/**
 * The REST of Kubeflow's Jupyter web app (crud-web-apps/jupyter/backend): its paths, bodies and answers. Every call is made as who asks; here
 * also those on nodes, namespaces and storage classes, which upstream answers to anybody.
 */
import { randomBytes } from 'node:crypto'
import { WorkspaceName } from '@keelson/contracts/ids'
import { type Notebook, notebookAnnotations } from '@keelson/contracts/kinds'
import { NotebookName, SpawnForm } from '@keelson/contracts/notebooks'
import { allow, sameSecret } from '@keelson/core/access'
import type { Ctx } from '@keelson/core/context'
import {
  deleteNotebook,
  findNotebookPod,
  getSpawner,
  listGpus,
  listNotebookEvents,
  listPodDefaults,
  listStorageClasses,
  phaseOf,
  podDefaultChoice,
  readNotebook,
  readNotebooks,
  readPodLogs,
  serverOf,
  shortImage,
  spawnerConfig,
  spawnNotebook,
  startNotebook,
  stopNotebook,
  toServer,
} from '@keelson/core/notebooks'
import { listWorkspaces } from '@keelson/core/workspaces'
import { AppError } from '@keelson/process/app-error'
import { releaseBody, sendJson } from '@keelson/process/http-body'
import { z } from 'zod'
import { cookieValues } from '../front/credential.rules.ts'
import { callerOf, type FrontCall, type FrontRoute } from '../front/route.ts'
import { parseBody } from './parse-body.ts'

type Answer = (call: FrontCall, ctx: Ctx) => Promise<Record<string, unknown>>

export function jupyterRoutes(): FrontRoute[] {
  return [
    at('api/config', { GET: async (_call, ctx) => ({ config: await readConfig(ctx) }) }),
    at('api/gpus', { GET: async (_call, ctx) => ({ vendors: await vendors(ctx) }) }),
    at('api/namespaces', { GET: async (_call, ctx) => ({ namespaces: await namespaces(ctx) }) }),
    at('api/storageclasses', { GET: async (_call, ctx) => ({ storageClasses: await storageClasses(ctx) }) }),
    at('api/storageclasses/default', { GET: async (_call, ctx) => ({ defaultStorageClass: await defaultClass(ctx) }) }),
    at('api/namespaces/:namespace/pvcs', { GET: claims }),
    at('api/namespaces/:namespace/poddefaults', { GET: podDefaults }),
    at('api/namespaces/:namespace/notebooks', { GET: list, POST: spawn }),
    at('api/namespaces/:namespace/notebooks/:name', { GET: get, PATCH: change, DELETE: remove }),
    at('api/namespaces/:namespace/notebooks/:name/pod', { GET: getPod }),
    at('api/namespaces/:namespace/notebooks/:name/pod/:pod/logs', { GET: logs }),
    at('api/namespaces/:namespace/notebooks/:name/events', { GET: events }),
    home,
  ]
}

/** Upstream's own page; the dashboard's is elsewhere. Its clients come here for the cookie that they send back. */
const home: FrontRoute = {
  name: 'jupyter-web-app',
  pattern: '/jupyter/*',
  handle: async (call) => {
    if (call.match.rest.startsWith('api/') || call.request.method !== 'GET')
      throw new AppError('not_found', 'There is nothing at this address.')
    giveCookie(call)
    call.response.writeHead(302, { location: '/', 'cache-control': 'no-store' }).end()
  },
  fail,
}

type Methods = Readonly<Partial<Record<'GET' | 'POST' | 'PATCH' | 'DELETE', Answer>>>

function at(path: string, methods: Methods): FrontRoute {
  return {
    name: 'jupyter-web-app',
    pattern: `/jupyter/${path}`,
    maxBodyBytes: 256 * 1024,
    handle: async (call) => {
      const ctx = callerOf(call)
      const { request, response, match } = call
      const method = request.method ?? ''
      const answer = Object.hasOwn(methods, method) ? methods[method as keyof Methods] : undefined
      if (answer === undefined) throw new NotAllowed(method, Object.keys(methods))
      if (method === 'GET') giveCookie(call)
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

function giveCookie({ request, response, base, core }: FrontCall): void {
  if (core?.actor.kind !== 'person' || core.actor.via !== 'session') return
  if (cookieValues(request.headers.cookie, cookieName).length > 0) return
  const secure = base.addresses.url.startsWith('https:') ? '; Secure' : ''
  const value = randomBytes(32).toString('base64url')
  response.appendHeader('set-cookie', `${cookieName}=${value}; Path=/jupyter/; SameSite=Strict${secure}`)
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

function inNamespace({ match }: FrontCall): { workspace: string } {
  return { workspace: ofPath(WorkspaceName, match.params.namespace) }
}

function ofNotebook(call: FrontCall): { workspace: string; name: string } {
  return { ...inNamespace(call), name: ofPath(NotebookName, call.match.params.name) }
}

function ofPath<T extends z.ZodType>(schema: T, part: string | undefined): z.infer<T> {
  return parseBody(Buffer.from(JSON.stringify(part ?? '')), schema)
}

/** Throws `forbidden` for who is nobody in any workspace: what the whole cluster has is not everybody's to know. */
async function requireAnyWorkspace(ctx: Ctx): Promise<string[]> {
  const names = (await listWorkspaces(ctx)).map(({ name }) => name)
  if (names.length === 0)
    throw new AppError('forbidden', `${ctx.actor.username} has no role in any workspace: ask an owner for one.`)
  return names
}

async function readConfig(ctx: Ctx): Promise<unknown> {
  await requireAnyWorkspace(ctx)
  return spawnerConfig(ctx)
}

async function vendors(ctx: Ctx): Promise<string[]> {
  await requireAnyWorkspace(ctx)
  return (await listGpus(ctx)).map(({ limitsKey }) => limitsKey)
}

/** Upstream lists every namespace of the cluster; here those where the caller is anybody. */
async function namespaces(ctx: Ctx): Promise<string[]> {
  return requireAnyWorkspace(ctx)
}

async function storageClasses(ctx: Ctx): Promise<string[]> {
  await requireAnyWorkspace(ctx)
  return (await listStorageClasses(ctx)).map(({ name }) => name)
}

async function defaultClass(ctx: Ctx): Promise<string> {
  await requireAnyWorkspace(ctx)
  return (await listStorageClasses(ctx)).find(({ isDefault }) => isDefault)?.name ?? ''
}

async function claims(call: FrontCall, ctx: Ctx) {
  const { workspace: namespace } = inNamespace(call)
  await allow(ctx, { verb: 'list', group: '', resource: 'persistentvolumeclaims', namespace })
  const { volumes } = await getSpawner(ctx, { workspace: namespace })
  return { pvcs: volumes.map(({ name, size, mode }) => ({ name, size, mode })) }
}

async function podDefaults(call: FrontCall, ctx: Ctx) {
  const { workspace: namespace } = inNamespace(call)
  await allow(ctx, { verb: 'list', group: 'kubeflow.org', resource: 'poddefaults', namespace })
  const all = await listPodDefaults(ctx, namespace)
  const choices = all.flatMap((one) => podDefaultChoice(one) ?? [])
  return { poddefaults: choices.map(({ key, label }) => ({ label: key, desc: label })) }
}

async function list(call: FrontCall, ctx: Ctx) {
  const { workspace } = inNamespace(call)
  const notebooks = await readNotebooks(ctx, workspace)
  const warnings = notebooks.length === 0 ? [] : await warningsOf(ctx, { workspace })
  return { notebooks: notebooks.map((notebook) => rowOf(ctx, notebook, warnings)) }
}

async function warningsOf(ctx: Ctx, where: { workspace: string; name?: string }) {
  return (await listNotebookEvents(ctx, where)).filter(({ type }) => type === 'Warning')
}

function statusOf(ctx: Ctx, notebook: Notebook, warnings: Awaited<ReturnType<typeof warningsOf>>) {
  const own = warnings.filter(({ involvedObject }) => involvedObject?.uid === notebook.metadata.uid)
  const { phase, message } = phaseOf(notebook, own, ctx.clock.now())
  return { phase, message, state: '' }
}

function rowOf(ctx: Ctx, notebook: Notebook, warnings: Awaited<ReturnType<typeof warningsOf>>) {
  const { name, workspace, image, cpu, memory, gpus, volumes } = toServer(notebook)
  const { annotations = {}, creationTimestamp } = notebook.metadata
  return {
    name,
    namespace: workspace,
    serverType: annotations[notebookAnnotations.serverType] ?? null,
    age: creationTimestamp,
    last_activity: annotations[notebookAnnotations.lastActivity] ?? '',
    image,
    shortImage: shortImage(image),
    cpu,
    gpus: {
      count: gpus.reduce((sum, { count }) => sum + Number(count), 0),
      message: gpus.map(({ key, count }) => `${count} ${key}`).join(', '),
    },
    memory,
    volumes: volumes.map((volume) => volume.name),
    status: statusOf(ctx, notebook, warnings),
    metadata: notebook.metadata,
  }
}

async function spawn(call: FrontCall, ctx: Ctx) {
  const { workspace } = inNamespace(call)
  const schema = SpawnForm.extend({ namespace: z.string().optional() })
  const { namespace, ...form } = parseBody(await call.readBody(), schema)
  if (namespace !== undefined && namespace !== workspace)
    throw new AppError('invalid', `namespace: the body says ${namespace}, the address ${workspace}.`)
  await spawnNotebook(ctx, { workspace, form })
  return { message: 'Notebook created successfully.' }
}

async function get(call: FrontCall, ctx: Ctx) {
  const where = ofNotebook(call)
  const notebook = await readNotebook(ctx, where)
  return { notebook: { ...notebook, processed_status: statusOf(ctx, notebook, await warningsOf(ctx, where)) } }
}

async function change(call: FrontCall, ctx: Ctx) {
  const where = ofNotebook(call)
  const { stopped } = parseBody(await call.readBody(), z.object({ stopped: z.boolean().optional() }))
  if (stopped === undefined)
    throw new AppError('invalid', 'Request body must include at least one supported key: stopped')
  await (stopped ? stopNotebook(ctx, where) : startNotebook(ctx, where))
  return {}
}

async function remove(call: FrontCall, ctx: Ctx) {
  const where = ofNotebook(call)
  await deleteNotebook(ctx, { ...where, volumes: false })
  return { message: `Notebook ${where.name} successfully deleted.` }
}

async function podOf(call: FrontCall, ctx: Ctx) {
  const where = ofNotebook(call)
  await readNotebook(ctx, where)
  const pod = await findNotebookPod(ctx, where)
  if (pod === null) throw new AppError('not_found', 'No pod detected.')
  return pod
}

async function getPod(call: FrontCall, ctx: Ctx) {
  return { pod: await podOf(call, ctx) }
}

/** Only of the notebook's own pod: upstream reads the log of any pod of the namespace by this address. */
async function logs(call: FrontCall, ctx: Ctx) {
  const { workspace, name } = ofNotebook(call)
  const pod = await podOf(call, ctx)
  if (pod.metadata.name !== call.match.params.pod)
    throw new AppError('not_found', `${call.match.params.pod} is not the pod of notebook ${name}.`)
  const container = serverOf(pod, name)
  return { logs: await readPodLogs(ctx, { workspace, pod: pod.metadata.name ?? '', container }) }
}

async function events(call: FrontCall, ctx: Ctx) {
  const where = ofNotebook(call)
  await readNotebook(ctx, where)
  return { events: await listNotebookEvents(ctx, where) }
}
