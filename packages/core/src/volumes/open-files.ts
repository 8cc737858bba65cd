import { fileViewerLabel, type PvcViewer } from '@keelson/contracts/kinds'
import type { StatusDetail } from '@keelson/contracts/status'
import type { GetVolume } from '@keelson/contracts/volumes'
import { type KubeApi, resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { type AccessQuestion, allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction, refuseView } from '../context/index.ts'
import { connectQuestion } from '../webapps/index.ts'
import type { Claim } from './claim.rules.ts'
import { fileViewerName, fileViewerOf } from './file-viewer.rules.ts'
import { readClaim } from './list-volumes.ts'
import { viewerLabels } from './viewer.rules.ts'
import type { Pod } from './volume-users.ts'

const fieldManager = 'keelson-files'

/** Who may look at the files of a volume may also change them: one right, as with opening a notebook. */
export function filesQuestion({ workspace, name }: GetVolume): AccessQuestion {
  return connectQuestion({ kind: 'pvcviewer', workspace, name: fileViewerName(name) })
}

/**
 * Sees to it that there is a pod which shows the files of a volume. Throws `forbidden` before it says whether there is such a volume,
 * and `conflict` where a PVCViewer of that name is somebody else's.
 */
export async function openFiles(ctx: Ctx, input: GetVolume): Promise<{ viewer: string }> {
  const { workspace, name } = input
  refuseView(ctx.actor)
  await allow(ctx, filesQuestion(input), { fresh: true })
  const claim = await readClaim(ctx, input)
  requireFiles(claim)
  const viewer = fileViewerName(name)
  if (ctx.fileToken === undefined) throw new AppError('internal', 'This process opens no files.')
  const token = ctx.fileToken({ workspace, name: viewer })
  const modes = claim.spec?.accessModes ?? []
  const wanted = fileViewerOf({ workspace, name, isReadOnly: modes.length > 0 && modes.every(isReadOnly) }, token)
  const api = asActor(ctx)
  const present = await findViewer(api, input)
  if (present !== null && !isOurs(present))
    throw new AppError(
      'conflict',
      `The PVCViewer ${viewer} exists already and is not the file browser’s. Delete it, or open that one.`,
    )
  if (present?.metadata.deletionTimestamp !== undefined)
    throw new AppError('unavailable', 'The file browser has just been ended: try again in a moment.', {
      retry: { afterMs: 1_000 },
    })
  await inTransaction(ctx, async (tx) => {
    const after = { uid: claim.metadata.uid ?? '' }
    await recordAudit(tx, { workspace, action: 'volumes.open', subject: `volume/${name}`, after })
    await api.apply(resources.pvcViewers, wanted, { fieldManager })
  })
  return { viewer }
}

const isReadOnly = (mode: string) => mode === 'ReadOnlyMany'

function isOurs(viewer: PvcViewer): boolean {
  return viewer.metadata.labels?.[fileViewerLabel] === 'true'
}

function requireFiles({ metadata, spec }: Claim): void {
  const name = metadata.name ?? ''
  if (spec?.volumeMode === 'Block')
    throw new AppError('invalid', `The volume ${name} is a block device: it has no files.`)
  if (metadata.deletionTimestamp !== undefined) throw new AppError('conflict', `The volume ${name} is being deleted.`)
}

function findViewer(api: KubeApi, { workspace, name }: GetVolume): Promise<PvcViewer | null> {
  return api.find<PvcViewer>(resources.pvcViewers, { namespace: workspace, name: fileViewerName(name) })
}

type StartingPod = Pod & {
  status?: {
    conditions?: { type: string; status: string; reason?: string; message?: string }[]
    containerStatuses?: { state?: { waiting?: { reason?: string; message?: string } } }[]
  }
}

const passing = ['ContainerCreating', 'PodInitializing', 'ContainersNotReady']

/** How far the file browser of a volume is, with the true reason where it takes long; `stopped` where there is none. */
export async function getFilesState(ctx: Ctx, input: GetVolume): Promise<StatusDetail> {
  await allow(ctx, filesQuestion(input))
  const api = asActor(ctx)
  const viewer = await findViewer(api, input)
  const say = (status: StatusDetail['status'], reason: string | null, message: string | null) => ({
    status,
    reason,
    message,
    since: null,
  })
  if (viewer === null || !isOurs(viewer)) return say('stopped', null, null)
  if (viewer.status?.ready) return say('ready', null, null)
  const conditions = viewer.status?.conditions ?? []
  const refused = conditions.find(
    ({ type, status }) => ['Refused', 'ReplicaFailure'].includes(type) && status === 'True',
  )
  if (refused) return say('failed', refused.reason ?? refused.type, refused.message ?? null)
  const labelSelector = Object.entries(viewerLabels(fileViewerName(input.name)))
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const { items } = await api.list<StartingPod>(resources.pods, { namespace: input.workspace, labelSelector })
  const [pod] = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const waiting = pod?.status?.containerStatuses?.[0]?.state?.waiting
  if (waiting?.reason && !passing.includes(waiting.reason))
    return say('failed', waiting.reason, waiting.message ?? null)
  const amiss = pod?.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
  return say('pending', amiss?.reason ?? 'Starting', amiss?.message ?? null)
}

/** Ends the file browser of a volume; what is not there is ended already. */
export async function closeFiles(ctx: Ctx, input: GetVolume): Promise<void> {
  await allow(ctx, filesQuestion(input), { fresh: true })
  const viewer = await findViewer(asActor(ctx), input)
  if (viewer !== null && isOurs(viewer)) await endViewer(asActor(ctx), viewer)
}

/** Deletes a viewer of any kind, as the person. Throws `not_found`. */
export async function deleteViewer(ctx: Ctx, { workspace: namespace, name }: GetVolume): Promise<void> {
  const { group, plural } = resources.pvcViewers
  await allow(ctx, { verb: 'delete', group, resource: plural, namespace, name }, { fresh: true })
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, { workspace: namespace, action: 'pvcviewers.delete', subject: `pvcviewer/${name}` })
    await asActor(ctx).delete(resources.pvcViewers, { namespace, name })
  })
}

export async function endViewer(api: KubeApi, { metadata }: PvcViewer): Promise<void> {
  const { namespace = '', name = '', uid = '' } = metadata
  try {
    await api.delete(resources.pvcViewers, { namespace, name }, { uid })
  } catch (error) {
    if (!(error instanceof AppError && (error.code === 'not_found' || error.code === 'conflict'))) throw error
  }
}

/** The viewer goes with its volume, which would wait for it otherwise. */
export async function endFileViewer(api: KubeApi, input: GetVolume): Promise<void> {
  const viewer = await findViewer(api, input).catch((error: unknown) => {
    if (error instanceof AppError && (error.code === 'not_found' || error.code === 'forbidden')) return null
    throw error
  })
  if (viewer !== null && isOurs(viewer)) await endViewer(api, viewer)
}
