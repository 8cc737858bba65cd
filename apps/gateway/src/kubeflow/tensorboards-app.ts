/** The REST of Kubeflow's Tensorboards web app (crud-web-apps/tensorboards/backend): its paths, bodies and answers. */
import type { Tensorboard } from '@keelson/contracts/kinds'
import { CreateTensorboard, TensorboardName } from '@keelson/contracts/tensorboards'
import type { Ctx } from '@keelson/core/context'
import { createTensorboard, deleteTensorboard, readTensorboards } from '@keelson/core/tensorboards'
import { readClaims } from '@keelson/core/volumes'
import { AppError } from '@keelson/process/app-error'
import { z } from 'zod'
import type { FrontCall, FrontRoute } from '../front/route.ts'
import { crudWebApp, inNamespace, ofPath, podDefaults } from './crud-web-app.ts'
import { parseBody } from './parse-body.ts'

export function tensorboardsRoutes(): FrontRoute[] {
  return crudWebApp({
    base: 'tensorboards',
    name: 'tensorboards-web-app',
    page: '/',
    paths: {
      'api/namespaces/:namespace/tensorboards': { GET: list, POST: create },
      'api/namespaces/:namespace/tensorboards/:name': { DELETE: remove },
      'api/namespaces/:namespace/pvcs': { GET: claims },
      'api/namespaces/:namespace/poddefaults': { GET: podDefaults },
    },
  })
}

async function list(call: FrontCall, ctx: Ctx) {
  const { workspace } = inNamespace(call)
  return { tensorboards: (await readTensorboards(ctx, workspace)).map(rowOf) }
}

/** `parse_tensorboard` of upstream's backend; its message has a slip of the pen that clients do not read. */
function rowOf({ metadata, spec, status }: Tensorboard) {
  const isReady = (status?.readyReplicas ?? 0) > 0
  const refused = status?.conditions.find(({ message }) => message !== undefined)?.message
  const waiting = refused ?? 'The Tensorboard server is currently unavailable'
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    logspath: spec.logspath,
    age: metadata.creationTimestamp,
    status: isReady
      ? { phase: 'ready', message: 'The Tensorboard server is ready to connect', state: '' }
      : { phase: 'unavailable', message: waiting, state: '' },
  }
}

async function create(call: FrontCall, ctx: Ctx) {
  const { workspace } = inNamespace(call)
  const schema = CreateTensorboard.omit({ workspace: true }).extend({ namespace: z.string().optional() })
  const { namespace, ...form } = parseBody(await call.readBody(), schema)
  if (namespace !== undefined && namespace !== workspace)
    throw new AppError('invalid', `namespace: the body says ${namespace}, the address ${workspace}.`)
  await createTensorboard(ctx, { workspace, ...form })
  return { message: 'Tensorboard created successfully.' }
}

async function remove(call: FrontCall, ctx: Ctx) {
  const name = ofPath(TensorboardName, call.match.params.name)
  await deleteTensorboard(ctx, { ...inNamespace(call), name })
  return { message: `Tensorboard ${name} deleted successfully.` }
}

async function claims(call: FrontCall, ctx: Ctx) {
  const { workspace } = inNamespace(call)
  const found = await readClaims(ctx, workspace)
  return { pvcs: found.claims.map(({ metadata }) => metadata.name ?? '') }
}
