/** The REST of Kubeflow's volumes web app (crud-web-apps/volumes/backend): its paths, bodies and answers. */
import { DnsLabel } from '@keelson/contracts/ids'
import { AccessMode, CreateVolume, VolumeName } from '@keelson/contracts/volumes'
import { allow } from '@keelson/core/access'
import { asActor, type Ctx } from '@keelson/core/context'
import {
  type Claim,
  type ClaimEvent,
  createVolume,
  deleteViewer,
  deleteVolume,
  listClaimEvents,
  openFiles,
  phaseOf,
  readClaim,
  readClaims,
  readVolumeUsers,
  type VolumeUsers,
} from '@keelson/core/volumes'
import { AppError } from '@keelson/process/app-error'
import { z } from 'zod'
import type { FrontCall, FrontRoute } from '../front/route.ts'
import { crudWebApp, inNamespace, ofPath } from './crud-web-app.ts'
import { parseBody } from './parse-body.ts'

export function volumesRoutes(): FrontRoute[] {
  return crudWebApp({
    base: 'volumes',
    name: 'volumes-web-app',
    page: '/',
    paths: {
      'api/namespaces/:namespace/pvcs': { GET: list, POST: create },
      'api/namespaces/:namespace/pvcs/:name': { GET: get, DELETE: remove },
      'api/namespaces/:namespace/pvcs/:name/pods': { GET: pods },
      'api/namespaces/:namespace/pvcs/:name/events': { GET: events },
      'api/namespaces/:namespace/viewers': { POST: openViewer },
      'api/namespaces/:namespace/viewers/:viewer': { DELETE: removeViewer },
    },
  })
}

function ofClaim(call: FrontCall): { workspace: string; name: string } {
  return { ...inNamespace(call), name: ofPath(VolumeName, call.match.params.name) }
}

async function list(call: FrontCall, ctx: Ctx) {
  const { workspace } = inNamespace(call)
  const found = await readClaims(ctx, workspace)
  const users = await readVolumeUsers(asActor(ctx), workspace)
  return { pvcs: found.claims.map((claim) => rowOf(claim, found.events, users)) }
}

/** `parse_pvc` of upstream's backend. */
function rowOf(claim: Claim, events: readonly ClaimEvent[], users: VolumeUsers) {
  const { metadata, spec, status } = claim
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    status: phaseOf(claim, events),
    age: metadata.creationTimestamp,
    capacity: status?.capacity?.storage ?? spec?.resources?.requests?.storage ?? '',
    modes: spec?.accessModes ?? [],
    class: spec?.storageClassName ?? null,
    notebooks: users.of(metadata.name ?? '').flatMap(({ kind, name }) => (kind === 'Notebook' ? [name] : [])),
  }
}

async function get(call: FrontCall, ctx: Ctx) {
  return { pvc: await readClaim(ctx, ofClaim(call)) }
}

/** `type` is upstream's word for where the content comes from; snapshots (its Rok flavour) are not taken. */
const Body = z.object({
  name: VolumeName,
  mode: AccessMode,
  class: z.string().max(253),
  size: z.string().max(40),
  type: z.string().max(40),
  namespace: z.string().optional(),
})

async function create(call: FrontCall, ctx: Ctx) {
  const { workspace } = inNamespace(call)
  const body = parseBody(await call.readBody(), Body)
  if (body.namespace !== undefined && body.namespace !== workspace)
    throw new AppError('invalid', `namespace: the body says ${body.namespace}, the address ${workspace}.`)
  if (body.type !== 'empty' && body.type !== 'new')
    throw new AppError('invalid', `type: ${body.type} is not taken here; "empty" makes an empty volume.`)
  // Upstream's form.py: `{none}` asks for no class at all, `{empty}` for the cluster's own choice.
  const storageClass = body.class === '{empty}' ? {} : { storageClass: body.class === '{none}' ? '' : body.class }
  const { name, size, mode } = body
  const wish = parseBody(Buffer.from(JSON.stringify({ workspace, name, size, mode, ...storageClass })), CreateVolume)
  await createVolume(ctx, wish)
  return { message: 'PVC created successfully.' }
}

async function remove(call: FrontCall, ctx: Ctx) {
  const where = ofClaim(call)
  await deleteVolume(ctx, where)
  return { message: `PVC ${where.name} successfully deleted.` }
}

async function pods(call: FrontCall, ctx: Ctx) {
  const { workspace: namespace, name } = ofClaim(call)
  await allow(ctx, { verb: 'list', group: '', resource: 'pods', namespace })
  return { pods: (await readVolumeUsers(asActor(ctx), namespace)).podsOf(name) }
}

async function events(call: FrontCall, ctx: Ctx) {
  const where = ofClaim(call)
  await readClaim(ctx, where)
  return { events: await listClaimEvents(ctx, where) }
}

/** Upstream's own viewer is a filebrowser at /pvcviewers; ours is shown on the volume's page of the dashboard. */
async function openViewer(call: FrontCall, ctx: Ctx) {
  const { workspace } = inNamespace(call)
  const { name } = parseBody(await call.readBody(), z.object({ name: VolumeName }))
  await openFiles(ctx, { workspace, name })
  return { message: 'PVCViewer created successfully.' }
}

async function removeViewer(call: FrontCall, ctx: Ctx) {
  const { workspace } = inNamespace(call)
  const name = ofPath(DnsLabel, call.match.params.viewer)
  await deleteViewer(ctx, { workspace, name })
  return { message: `Viewer ${name} successfully deleted.` }
}
