/**
 * The REST of Kubeflow's Jupyter web app (crud-web-apps/jupyter/backend): its paths, bodies and answers.
 */
import { type Notebook, notebookAnnotations } from '@keelson/contracts/kinds'
import { NotebookName, SpawnForm } from '@keelson/contracts/notebooks'
import { allow } from '@keelson/core/access'
import type { Ctx } from '@keelson/core/context'
import {
  deleteNotebook,
  findNotebookPod,
  getSpawner,
  listGpus,
  listNotebookEvents,
  phaseOf,
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
import { AppError } from '@keelson/process/app-error'
import { z } from 'zod'
import type { FrontCall, FrontRoute } from '../front/route.ts'
import { crudWebApp, inNamespace, ofPath, podDefaults, requireAnyWorkspace } from './crud-web-app.ts'
import { parseBody } from './parse-body.ts'

export function jupyterRoutes(): FrontRoute[] {
  return crudWebApp({
    base: 'jupyter',
    name: 'jupyter-web-app',
    page: '/',
    paths: {
      'api/config': { GET: async (_call, ctx) => ({ config: await readConfig(ctx) }) },
      'api/gpus': { GET: async (_call, ctx) => ({ vendors: await vendors(ctx) }) },
      'api/namespaces/:namespace/pvcs': { GET: claims },
      'api/namespaces/:namespace/poddefaults': { GET: podDefaults },
      'api/namespaces/:namespace/notebooks': { GET: list, POST: spawn },
      'api/namespaces/:namespace/notebooks/:name': { GET: get, PATCH: change, DELETE: remove },
      'api/namespaces/:namespace/notebooks/:name/pod': { GET: getPod },
      'api/namespaces/:namespace/notebooks/:name/pod/:pod/logs': { GET: logs },
      'api/namespaces/:namespace/notebooks/:name/events': { GET: events },
    },
  })
}

function ofNotebook(call: FrontCall): { workspace: string; name: string } {
  return { ...inNamespace(call), name: ofPath(NotebookName, call.match.params.name) }
}

async function readConfig(ctx: Ctx): Promise<unknown> {
  await requireAnyWorkspace(ctx)
  return spawnerConfig(ctx)
}

async function vendors(ctx: Ctx): Promise<string[]> {
  await requireAnyWorkspace(ctx)
  return (await listGpus(ctx)).map(({ limitsKey }) => limitsKey)
}

async function claims(call: FrontCall, ctx: Ctx) {
  const { workspace: namespace } = inNamespace(call)
  await allow(ctx, { verb: 'list', group: '', resource: 'persistentvolumeclaims', namespace })
  const { volumes } = await getSpawner(ctx, { workspace: namespace })
  return { pvcs: volumes.map(({ name, size, mode }) => ({ name, size, mode })) }
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
