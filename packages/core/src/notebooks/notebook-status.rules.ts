/** What a Notebook's status and events say of its StatefulSet and pod (createNotebookStatus of notebook_controller.go). Pure. */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  type Notebook,
  type NotebookCondition,
  type NotebookStatus,
  notebookAnnotations,
} from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { KubeEvent } from '../activity/index.ts'
import type { AppFault } from '../webapps/index.ts'

type PodCondition = {
  type: string
  status: string
  reason?: string
  message?: string
  lastProbeTime?: string | null
  lastTransitionTime?: string | null
}
type ContainerStatus = { name: string; state?: NotebookStatus['containerState'] }
type PodStatus = { conditions?: PodCondition[]; containerStatuses?: ContainerStatus[]; podIP?: string }

export type NotebookPod = KubeObject & { status?: PodStatus }

export type ObservedNotebook = {
  statefulSet: KubeObject | null
  pod: NotebookPod | null
  fault: AppFault | null
}

export const refusedType = 'Refused'

export function desiredNotebookStatus(
  notebook: Notebook,
  { statefulSet, pod, fault }: ObservedNotebook,
  now: Date,
): NotebookStatus {
  const present = notebook.status?.conditions ?? []
  const refused = fault === null ? [] : [{ type: refusedType, status: 'True', ...fault }]
  const conditions = [...refused, ...(pod?.status?.conditions ?? [])].map((each) => conditionOf(each, present, now))
  const { readyReplicas = 0 } = (statefulSet?.status ?? {}) as { readyReplicas?: number }
  const containerState = containerStateOf(notebook, pod)
  // Never {}: applied over a map that had keys of ours, a real API server makes null of it, which the schema refuses.
  return { conditions, readyReplicas, ...(Object.keys(containerState).length > 0 ? { containerState } : {}) }
}

/** Times that the pod does not tell are those at which it was first seen so, and stay until it says something else. */
function conditionOf(from: PodCondition, present: readonly NotebookCondition[], now: Date): NotebookCondition {
  const { type, status, reason, message } = from
  const before = present.find((each) => each.type === type && each.status === status)
  const same = before?.reason === reason && before?.message === message
  const stamp = seconds(now)
  return {
    type,
    status,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    lastProbeTime: from.lastProbeTime ?? (same ? before?.lastProbeTime : undefined) ?? stamp,
    lastTransitionTime: from.lastTransitionTime ?? before?.lastTransitionTime ?? stamp,
  }
}

function containerStateOf(
  { metadata, spec }: Notebook,
  pod: NotebookPod | null,
): NonNullable<NotebookStatus['containerState']> {
  const statuses = pod?.status?.containerStatuses ?? []
  const first = spec.template?.spec?.containers[0]?.name
  const found = statuses.find(({ name }) => name === metadata.name) ?? statuses.find(({ name }) => name === first)
  const { running, terminated, waiting } = found?.state ?? {}
  return { ...(running ? { running } : {}), ...(terminated ? { terminated } : {}), ...(waiting ? { waiting } : {}) }
}

export function sameNotebookStatus(one: NotebookStatus | undefined, other: NotebookStatus): boolean {
  return isDeepStrictEqual(one, other)
}

/** Why the StatefulSet's pod was not made, in the cluster's own words: the newest word of its controller on the matter. */
export function podRefusal(
  { metadata }: Notebook,
  statefulSet: KubeObject,
  events: readonly KubeEvent[],
): AppFault | null {
  if (metadata.annotations?.[notebookAnnotations.stopped] !== undefined) return null
  const tries = events
    .filter(({ involvedObject }) => involvedObject?.uid === statefulSet.metadata.uid)
    .filter(({ reason }) => reason === 'FailedCreate' || reason === 'SuccessfulCreate')
  const newest = tries.sort((one, other) => lastSeen(one).localeCompare(lastSeen(other))).at(-1)
  if (newest?.reason !== 'FailedCreate') return null
  const why = (newest.message ?? '').replace(/^.* failed error: /s, '')
  return { reason: 'PodRefused', message: `The cluster refuses the notebook’s pod: ${why}` }
}

/** The notebook's name if the event is about its StatefulSet or pod. */
export function notebookOfEvent({ involvedObject }: Pick<KubeEvent, 'involvedObject'>): string | null {
  const { kind, name = '' } = involvedObject ?? {}
  if (kind === 'StatefulSet') return name
  return kind === 'Pod' && name.endsWith('-0') ? name.slice(0, -2) : null
}

/**
 * The event as one of the notebook. Its name comes of the source, so that it is one event however often it is issued, and
 * counts as its source does. Null for what was before the notebook.
 */
export function reissuedEvent(notebook: Notebook, statefulSet: KubeObject, event: KubeEvent): KubeObject | null {
  const { kind = '', name: from = '', uid: about } = event.involvedObject ?? {}
  if (lastSeen(event) < (statefulSet.metadata.creationTimestamp ?? '')) return null
  if (kind === 'StatefulSet' && about !== statefulSet.metadata.uid) return null
  const { name = '', namespace = '', uid } = notebook.metadata
  const digest = createHash('sha256').update(`${uid}\0${event.metadata.uid}`).digest('hex').slice(0, 16)
  const message = `Reissued from ${kind.toLowerCase()}/${from}: ${event.message ?? ''}`.slice(0, 1_024)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name: `${name}.${digest}` },
    involvedObject: { apiVersion: notebook.apiVersion, kind: 'Notebook', name, namespace, uid },
    type: event.type ?? 'Normal',
    reason: event.reason ?? '',
    message,
    count: event.count ?? event.series?.count ?? 1,
    firstTimestamp: toSeconds(event.firstTimestamp ?? event.eventTime ?? lastSeen(event)),
    lastTimestamp: lastSeen(event),
    source: { component: 'notebook-controller' },
    reportingComponent: 'notebook-controller',
    reportingInstance: 'notebook-controller',
  }
}

/** True when the event says already what it would say. */
export function sameEvent(present: KubeObject | undefined, event: KubeObject): boolean {
  return present?.count === event.count && present?.lastTimestamp === event.lastTimestamp
}

function lastSeen(event: KubeEvent): string {
  const { series, lastTimestamp, eventTime, metadata } = event
  return toSeconds(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '')
}

function toSeconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z')
}

function seconds(time: Date): string {
  return toSeconds(time.toISOString())
}
