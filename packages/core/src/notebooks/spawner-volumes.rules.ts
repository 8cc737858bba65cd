/** The volumes of a wish: which claims are made, and how the pod mounts them. Pure. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { VolumeWish } from '@keelson/contracts/notebooks'
import { AppError } from '@keelson/process/app-error'
import { fault } from '../objects/index.ts'

export type WishedVolume = { field: string; wish: VolumeWish }
type Mount = { name: string; mountPath: string; readOnly?: boolean }
type Volume = { name: string; persistentVolumeClaim: { claimName: string; readOnly?: boolean } }
export type PlannedVolumes = { claims: KubeObject[]; volumes: Volume[]; volumeMounts: Mount[] }

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

/** `existing` are the claims that the workspace has; `suffix` ends the name of a claim that only says how its name begins. */
export function planVolumes(
  wished: readonly WishedVolume[],
  where: { workspace: string; notebook: string; existing: readonly string[]; suffix: string },
): PlannedVolumes {
  const planned: PlannedVolumes = { claims: [], volumes: [], volumeMounts: [] }
  for (const [index, { field, wish }] of wished.entries()) {
    const mountPath = wish.mount.replace(/\/+$/, '') || '/'
    if (planned.volumeMounts.some((mount) => mount.mountPath === mountPath))
      throw fault(`${field}.mount`, `Two volumes cannot be mounted at ${mountPath}.`)
    const claim = wish.newPvc ? newClaim(field, wish, where) : null
    if (claim) planned.claims.push(claim)
    const source = wish.existingSource?.persistentVolumeClaim
    const claimName = claim?.metadata.name ?? source?.claimName ?? ''
    if (claim === null && !where.existing.includes(claimName))
      throw fault(`${field}.existingSource`, `There is no volume ${claimName} in workspace ${where.workspace}.`)
    if (planned.volumes.some((volume) => volume.persistentVolumeClaim.claimName === claimName))
      throw fault(field, `The volume ${claimName} is named twice.`)
    const name = label.test(claimName) ? claimName : `volume-${index + 1}`
    const readOnly = source?.readOnly === true ? { readOnly: true } : {}
    planned.volumes.push({ name, persistentVolumeClaim: { claimName, ...readOnly } })
    planned.volumeMounts.push({ name, mountPath, ...readOnly })
  }
  return planned
}

function newClaim(
  field: string,
  { newPvc }: VolumeWish,
  { workspace, notebook, existing, suffix }: Parameters<typeof planVolumes>[1],
): KubeObject {
  const { name, generateName, ...metadata } = newPvc?.metadata ?? {}
  const wanted = name ?? `${generateName ?? `${notebook}-`}${suffix}`
  const claimName = wanted.replaceAll('{notebook-name}', notebook)
  if (existing.includes(claimName)) {
    const message = `The volume ${claimName} is there already, perhaps of an earlier notebook: choose it as an existing volume, or give the new one another name.`
    throw new AppError('already_exists', message, { faults: [{ field: `${field}.newPvc.metadata.name`, message }] })
  }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...metadata, name: claimName, namespace: workspace },
    spec: newPvc?.spec,
  }
}
