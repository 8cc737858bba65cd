/** Volumes are made and deleted as the person, each with its audit row. */
import type { CreateVolume, GetVolume } from '@keelson/contracts/volumes'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { listStorageClasses } from '../notebooks/index.ts'
import { toYaml } from '../objects/index.ts'
import { claimOf } from './claim.rules.ts'
import { readClaim } from './list-volumes.ts'
import { endFileViewer } from './open-files.ts'
import { isViewer, readVolumeUsers } from './volume-users.ts'

const claims = resources.persistentVolumeClaims

/** What the form for a new volume offers in a workspace. */
export async function getVolumeChoices(ctx: Ctx, { workspace }: { workspace: string }) {
  await allow(ctx, { verb: 'list', group: '', resource: claims.plural, namespace: workspace })
  return { storageClasses: await listStorageClasses(ctx) }
}

/** What a form would make, as YAML; nothing is made. */
export async function draftVolume(ctx: Ctx, input: CreateVolume): Promise<{ yaml: string }> {
  await allow(ctx, { verb: 'create', group: '', resource: claims.plural, namespace: input.workspace })
  return { yaml: toYaml(claimOf(input)) }
}

/** Throws `forbidden` in the cluster's words where the quota has no room for it, `already_exists` for a name that is taken. */
export async function createVolume(ctx: Ctx, input: CreateVolume): Promise<{ name: string; uid: string }> {
  const { workspace, name, size, mode } = input
  await allow(ctx, { verb: 'create', group: '', resource: claims.plural, namespace: workspace })
  return inTransaction(ctx, async (tx) => {
    const after = { size, mode, storageClass: input.storageClass ?? null }
    await recordAudit(tx, { workspace, action: 'volumes.create', subject: `volume/${name}`, after })
    const { metadata } = await asActor(ctx).create(claims, claimOf(input))
    return { name, uid: metadata.uid ?? '' }
  })
}

/**
 * Deletes a volume with its files. Throws `conflict` with their names while pods use it; what only shows its files is ended with it.
 * Kubernetes itself would take the wish, and let it hang until the last of the pods ends.
 */
export async function deleteVolume(ctx: Ctx, input: GetVolume): Promise<void> {
  const { workspace: namespace, name } = input
  await allow(ctx, { verb: 'delete', group: '', resource: claims.plural, namespace, name }, { fresh: true })
  const api = asActor(ctx)
  const claim = await readClaim(ctx, input)
  const users = await readVolumeUsers(api, namespace)
  const pods = users.podsOf(name).filter((pod) => !isViewer(pod))
  if (pods.length > 0) throw inUse(name, pods.map(({ metadata }) => metadata.name ?? '').sort())
  const { uid = '' } = claim.metadata
  await inTransaction(ctx, async (tx) => {
    const before = { uid, size: claim.spec?.resources?.requests?.storage ?? null }
    await recordAudit(tx, { workspace: namespace, action: 'volumes.delete', subject: `volume/${name}`, before })
    await endFileViewer(api, input)
    await api.delete(claims, { namespace, name }, { uid })
  })
}

function inUse(name: string, pods: string[]): AppError {
  const shown = pods.length > 5 ? [...pods.slice(0, 5), `${pods.length - 5} more`] : pods
  const who = shown.length === 1 ? `the pod ${shown[0]}` : `the pods ${shown.join(', ')}`
  return new AppError('conflict', `The volume ${name} is used by ${who}: stop or delete what uses it first.`)
}
