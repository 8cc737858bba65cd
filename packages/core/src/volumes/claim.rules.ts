/** A PersistentVolumeClaim as people see it, in our words and in those of Kubeflow's volumes app. Pure. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { StatusDetail } from '@keelson/contracts/status'
import type { CreateVolume, Volume, VolumeUser } from '@keelson/contracts/volumes'
import { quantityOf } from '@keelson/kube'

export type Claim = KubeObject & {
  spec?: {
    accessModes?: string[]
    storageClassName?: string
    volumeName?: string
    volumeMode?: string
    resources?: { requests?: Record<string, string> }
  }
  status?: { phase?: string; capacity?: Record<string, string> }
}

/** A Kubernetes Event of a claim, as much of it as decides. */
export type ClaimEvent = KubeObject & {
  type?: string
  reason?: string
  message?: string
  lastTimestamp?: string | null
  eventTime?: string | null
  involvedObject?: { name?: string; uid?: string }
}

/** What was last found to be on a volume: JSON `{"bytes": 1, "at": "<RFC 3339>"}`, written by who looked into it. */
export const usedAnnotation = 'keelson.dev/used'

export function claimOf({ workspace, name, size, mode, storageClass }: CreateVolume): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: workspace },
    spec: {
      accessModes: [mode],
      resources: { requests: { storage: size } },
      ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
    },
  }
}

export function toVolume(claim: Claim, events: readonly ClaimEvent[], usedBy: VolumeUser[]): Volume {
  const { uid = '', namespace = '', name = '', creationTimestamp = '' } = claim.metadata
  const size = claim.spec?.resources?.requests?.storage ?? ''
  const capacity = claim.status?.capacity?.storage ?? null
  return {
    uid,
    workspace: namespace,
    name,
    status: statusOf(claim, events),
    size,
    capacity,
    sizeBytes: bytesOf(capacity ?? size),
    used: usedOf(claim),
    storageClass: claim.spec?.storageClassName || null,
    modes: claim.spec?.accessModes ?? [],
    hasFiles: claim.spec?.volumeMode !== 'Block',
    usedBy,
    createdAt: new Date(creationTimestamp === '' ? 0 : creationTimestamp).toISOString(),
  }
}

function bytesOf(quantity: string): number {
  try {
    return Number(quantityOf(quantity))
  } catch {
    return 0
  }
}

/** Anybody who may change the claim may write the annotation: what is no measure is none. */
function usedOf({ metadata }: Claim): Volume['used'] {
  try {
    const { bytes, at } = JSON.parse(metadata.annotations?.[usedAnnotation] ?? '{}') as { bytes: unknown; at: unknown }
    const time = typeof at === 'string' ? Date.parse(at) : Number.NaN
    if (typeof bytes !== 'number' || !(bytes >= 0) || Number.isNaN(time)) return null
    return { bytes, at: new Date(time).toISOString() }
  } catch {
    return null
  }
}

const waits = 'It is made when something first uses it: open its files, or attach it to a notebook or a pod.'

/** Bound claims are ready; one that waits says what for, by its newest event. */
export function statusOf(claim: Claim, events: readonly ClaimEvent[]): StatusDetail {
  const { deletionTimestamp, creationTimestamp } = claim.metadata
  const say = (status: StatusDetail['status'], reason: string | null, message: string | null, at?: string) => ({
    status,
    reason,
    message,
    since: at === undefined ? null : new Date(at).toISOString(),
  })
  if (deletionTimestamp !== undefined)
    return say('pending', 'Terminating', 'It goes when nothing has it mounted any more.', deletionTimestamp)
  const { phase = 'Pending' } = claim.status ?? {}
  if (phase === 'Bound') return say('ready', null, null, creationTimestamp)
  if (phase === 'Lost') return say('failed', 'Lost', 'The volume behind it is gone, and its files with it.')
  const event = newestOf(claim, events)
  if (event === undefined) return say('pending', 'Provisioning', 'The cluster is making it.', creationTimestamp)
  const { reason = '', message = '', type } = event
  if (reason === 'WaitForFirstConsumer') return say('pending', reason, waits, creationTimestamp)
  const isAmiss = type === 'Warning' || reason === 'FailedBinding'
  return say(isAmiss ? 'failed' : 'pending', reason || 'Pending', message || null, creationTimestamp)
}

function newestOf({ metadata }: Claim, events: readonly ClaimEvent[]): ClaimEvent | undefined {
  const at = (event: ClaimEvent) => event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? ''
  return events
    .filter(({ involvedObject }) => involvedObject?.uid === metadata.uid)
    .sort((one, other) => at(other).localeCompare(at(one)))[0]
}

/** The same in the words of Kubeflow's volumes app (crud-web-apps/volumes, `status.py`), for its REST. */
export function phaseOf(
  claim: Claim,
  events: readonly ClaimEvent[],
): { phase: string; message: string; state: string } {
  if (claim.metadata.deletionTimestamp !== undefined)
    return { phase: 'terminating', message: 'Deleting Volume...', state: '' }
  if (claim.status?.phase === 'Bound') return { phase: 'ready', message: 'Bound', state: '' }
  const event = newestOf(claim, events)
  if (event === undefined) return { phase: 'waiting', message: 'Provisioning Volume...', state: '' }
  const { reason: state = '', message, type } = event
  if (state === 'WaitForFirstConsumer') {
    const text =
      'Pending: This volume will be bound when its first consumer is created. E.g., when you first browse its contents, or attach it to a notebook server'
    return { phase: 'unavailable', message: text, state }
  }
  const isAmiss = state === 'FailedBinding' || (type === 'Warning' && state !== 'Provisioning')
  return {
    phase: isAmiss ? 'warning' : state === 'Provisioning' ? 'waiting' : 'ready',
    message: `Pending: ${message}`,
    state,
  }
}
