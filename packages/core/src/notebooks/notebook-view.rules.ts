/** A Notebook as people see it: its container's figures, and its state in our words and in upstream's. Pure. */
import { type Notebook, notebookAnnotations } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type NotebookServer, ServerType } from '@keelson/contracts/notebooks'
import type { StatusDetail } from '@keelson/contracts/status'

type Quantities = Record<string, string | number>
export type NotebookContainer = {
  name: string
  image: string
  resources?: { requests?: Quantities; limits?: Quantities }
  env?: { name: string; value?: string }[]
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[]
}
export type NotebookPodTemplate = {
  containers: NotebookContainer[]
  volumes?: { name: string; persistentVolumeClaim?: { claimName: string; readOnly?: boolean } }[]
  serviceAccountName?: string
}

export function podTemplateOf(notebook: Notebook): NotebookPodTemplate {
  return (notebook.spec.template?.spec ?? { containers: [] }) as unknown as NotebookPodTemplate
}

/** The server is the first container. */
export function serverContainer(notebook: Notebook): NotebookContainer {
  return podTemplateOf(notebook).containers[0] ?? { name: notebook.metadata.name ?? '', image: '' }
}

/** The names of the claims that a notebook uses. */
export function claimsOf(notebook: Notebook): string[] {
  return (podTemplateOf(notebook).volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? [])
}

export const isStopped = (notebook: Notebook): boolean =>
  notebook.metadata.annotations?.[notebookAnnotations.stopped] !== undefined

/** Accelerators by their resource keys (`nvidia.com/gpu`): what a container is limited to and is neither machine nor storage. */
export function gpusOf(container: NotebookContainer): { key: string; count: string }[] {
  return Object.entries(container.resources?.limits ?? {})
    .filter(([key]) => key.includes('/') && !key.startsWith('hugepages-'))
    .map(([key, count]) => ({ key, count: String(count) }))
}

export function toServer(notebook: Notebook): NotebookServer {
  const { name = '', namespace = '', uid = '', creationTimestamp, annotations = {} } = notebook.metadata
  const container = serverContainer(notebook)
  const claims = new Map(
    (podTemplateOf(notebook).volumes ?? []).map((volume) => [volume.name, volume.persistentVolumeClaim]),
  )
  const serverType = ServerType.safeParse(annotations[notebookAnnotations.serverType])
  const requested = (key: string) => {
    const { requests, limits } = container.resources ?? {}
    const value = requests?.[key] ?? limits?.[key]
    return value === undefined ? null : String(value)
  }
  return {
    uid,
    workspace: namespace,
    name,
    serverType: serverType.success ? serverType.data : null,
    status: statusOf(notebook),
    isStopped: isStopped(notebook),
    image: container.image,
    cpu: requested('cpu'),
    memory: requested('memory'),
    gpus: gpusOf(container),
    volumes: (container.volumeMounts ?? []).map(({ name: volume, mountPath, readOnly }) => ({
      name: volume,
      mount: mountPath,
      claim: claims.get(volume)?.claimName ?? null,
      readOnly: readOnly === true || claims.get(volume)?.readOnly === true,
    })),
    createdBy: annotations[notebookAnnotations.creator] ?? null,
    createdAt: instantOf(creationTimestamp) ?? new Date(0).toISOString(),
    lastActivityAt: instantOf(annotations[notebookAnnotations.lastActivity]),
    culling: {
      isOn: annotations[notebookAnnotations.culling] !== 'disabled',
      at: instantOf(annotations[notebookAnnotations.cullAt]),
    },
  }
}

export function instantOf(text: string | undefined): string | null {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? null : new Date(at).toISOString()
}

/** What can be done about a reason, by Kubernetes' name of it. */
const whatToDo: Readonly<Record<string, string>> = {
  ImagePullBackOff: 'Choose another image, or correct its name.',
  ErrImagePull: 'Choose another image, or correct its name.',
  InvalidImageName: 'Correct the name of the image.',
  CrashLoopBackOff: 'The server ends again and again: its logs say why.',
  Unschedulable: 'No machine has room for it: ask for less, stop what is not needed, or wait.',
  OOMKilled: 'It used more memory than its limit: stop it and give it more.',
  CreateContainerConfigError: 'Something that it refers to is not there.',
}

/** What only takes its time. */
const passing = ['PodInitializing', 'ContainerCreating', 'Pulling', 'ContainersNotReady', 'ContainersNotInitialized']

/** The state in the one vocabulary, with the true reason in words. */
export function statusOf(notebook: Notebook): StatusDetail {
  const { annotations = {}, creationTimestamp, deletionTimestamp } = notebook.metadata
  const { readyReplicas = 0, containerState = {}, conditions = [] } = notebook.status ?? {}
  const say = (status: StatusDetail['status'], reason: string | null, message: string | null, at?: string) => ({
    status,
    reason,
    message,
    since: instantOf(at),
  })
  if (deletionTimestamp !== undefined) return say('pending', 'Terminating', 'It is being deleted.', deletionTimestamp)
  const stoppedAt = annotations[notebookAnnotations.stopped]
  if (stoppedAt !== undefined)
    return readyReplicas > 0
      ? say('pending', 'Stopping', 'It is being stopped.', stoppedAt)
      : say('stopped', null, null, stoppedAt)
  const ready = conditions.find(({ type }) => type === 'Ready')
  if (readyReplicas > 0) return say('ready', null, null, ready?.lastTransitionTime)
  const { waiting, terminated } = containerState
  if (waiting?.reason !== undefined && !passing.includes(waiting.reason))
    return say('failed', waiting.reason, advised(waiting.reason, waiting.message))
  if (terminated !== undefined) {
    const reason = terminated.reason ?? 'Ended'
    return say(
      'failed',
      reason,
      advised(reason, `The server ended with exit code ${terminated.exitCode}.`),
      terminated.finishedAt,
    )
  }
  const refused = conditions.find(({ type, status }) => type === 'Refused' && status === 'True')
  if (refused) return say('failed', refused.reason ?? 'Refused', refused.message ?? null, refused.lastTransitionTime)
  const amiss = conditions.find(({ status, reason }) => status !== 'True' && reason && !passing.includes(reason))
  if (amiss) {
    const { reason = '', message, lastTransitionTime } = amiss
    return say('pending', reason, advised(reason, message), lastTransitionTime)
  }
  return say('pending', 'Starting', null, creationTimestamp)
}

function advised(reason: string, message: string | undefined): string | null {
  const said = message === undefined || message === '' ? null : /[.!?]$/.test(message) ? message : `${message}.`
  return [said, whatToDo[reason] ?? null].filter(Boolean).join(' ') || null
}

/** Upstream's word and message (crud-web-apps/jupyter, `status.py`), for its REST: the first rule that fits. */
export type NotebookPhase = {
  phase: 'ready' | 'waiting' | 'warning' | 'stopped' | 'terminating'
  message: string
}

const newForMs = 10_000

/** `warnings` are the notebook's Warning events, the newest first. */
export function phaseOf(notebook: Notebook, warnings: readonly { message?: string }[], now: Date): NotebookPhase {
  const { creationTimestamp, deletionTimestamp } = notebook.metadata
  const { readyReplicas = 0, containerState = {}, conditions = [] } = notebook.status ?? {}
  const isEmpty = Object.keys(containerState).length === 0 && conditions.length === 0
  if (isEmpty && now.getTime() <= Date.parse(creationTimestamp ?? '') + newForMs)
    return { phase: 'waiting', message: 'Waiting for StatefulSet to create the underlying Pod.' }
  if (isStopped(notebook))
    return readyReplicas === 0
      ? { phase: 'stopped', message: 'No Pods are currently running for this Notebook Server.' }
      : { phase: 'waiting', message: 'Notebook Server is stopping.' }
  if (deletionTimestamp !== undefined) return { phase: 'terminating', message: 'Deleting this Notebook Server.' }
  if (readyReplicas > 0) return { phase: 'ready', message: 'Running' }
  const { waiting } = containerState
  if (waiting !== undefined) {
    const { reason = '', message = '' } = waiting
    if (reason === 'PodInitializing') return { phase: 'waiting', message: reason }
    return { phase: 'warning', message: message === '' ? reason : `${reason}: ${message}` }
  }
  const told = conditions.find(({ reason }) => reason !== undefined && reason !== '')
  if (told) return { phase: 'warning', message: `${told.reason}: ${told.message ?? ''}` }
  const [newest] = warnings
  if (newest?.message) return { phase: 'warning', message: newest.message }
  return { phase: 'warning', message: "Couldn't find any information for the status of this notebook." }
}

/** A Kubernetes Event, as much of it as is shown. */
export type NotebookEvent = KubeObject & {
  type?: string
  message?: string
  lastTimestamp?: string | null
  eventTime?: string | null
  involvedObject?: { kind?: string; name?: string; uid?: string }
}

export function eventTime(event: NotebookEvent): string {
  return event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? ''
}
