import type { ModelFailure } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { serverContainer, servingLabels } from './desired-predictor.ts'

type ContainerState = {
  waiting?: { reason?: string; message?: string }
  running?: { startedAt?: string }
  terminated?: { exitCode?: number; reason?: string; message?: string; finishedAt?: string }
}
type ContainerStatus = {
  name: string
  ready?: boolean
  restartCount?: number
  state?: ContainerState
  lastState?: ContainerState
}
type PodStatus = {
  phase?: string
  conditions?: { type: string; status: string; reason?: string; message?: string }[]
  containerStatuses?: ContainerStatus[]
}

/** What one pod of a predictor says of itself. */
export type PredictorPod = {
  revision: string
  /** True after its readiness probe was answered with 200 by a loaded model. */
  ready: boolean
  failure: ModelFailure | null
  /** What it waits for, when it has not failed: an image, a node, the model. */
  waiting: string | null
}

/** Waiting reasons of the kubelet that do not pass by themselves; https://kubernetes.io/docs/concepts/containers/images/ */
const stuck = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]
const failurePrefix = 'ModelLoadFailed: '
/** A server that ended without saying why may have been killed: only one that keeps ending has failed. */
const endsThatAreFailure = 3

export function readPod(pod: KubeObject): PredictorPod {
  const status = (pod.status ?? {}) as PodStatus
  const container = status.containerStatuses?.find((each) => each.name === serverContainer)
  const conditionOf = (type: string) => status.conditions?.find((each) => each.type === type)
  const going = pod.metadata.deletionTimestamp !== undefined
  const ready = conditionOf('Ready')?.status === 'True' && !going
  const revision = pod.metadata.annotations?.[servingLabels.revision] ?? ''
  if (ready || going) return { revision, ready, failure: null, waiting: null }
  const scheduled = conditionOf('PodScheduled')
  const failure = container === undefined ? null : failureOf(container)
  if (failure !== null) return { revision, ready, failure: { ...failure, modelRevisionName: revision }, waiting: null }
  if (scheduled?.status === 'False')
    return { revision, ready, failure: null, waiting: sentence(scheduled.reason, scheduled.message) }
  return { revision, ready, failure: null, waiting: waitingFor(container) }
}

function waitingFor(container: ContainerStatus | undefined): string {
  const state = container?.state
  const ended = state?.terminated ?? container?.lastState?.terminated
  if (ended !== undefined) return `${endOf(ended)} It is being started again.`
  if (state?.waiting?.reason) return sentence(state.waiting.reason, state.waiting.message)
  return state?.running ? 'The model is being fetched and loaded.' : 'The pod is being started.'
}

function failureOf(container: ContainerStatus): ModelFailure | null {
  const waiting = container.state?.waiting
  if (waiting?.reason && stuck.includes(waiting.reason))
    return { reason: 'RuntimeUnhealthy', location: container.name, message: sentence(waiting.reason, waiting.message) }
  const ended = container.state?.terminated ?? container.lastState?.terminated
  if (ended === undefined || (ended.exitCode === 0 && container.state?.terminated === undefined)) return null
  const reason = reasonIn(ended.message ?? '')
  const ends = (container.restartCount ?? 0) + (container.state?.terminated === undefined ? 0 : 1)
  if (reason === null && ends < endsThatAreFailure) return null
  return {
    reason: reason === null ? 'RuntimeUnhealthy' : 'ModelLoadFailed',
    location: container.name,
    message: ended.message?.trim() || endOf(ended),
    ...(ended.exitCode === undefined ? {} : { exitCode: ended.exitCode }),
    ...(ended.finishedAt === undefined ? {} : { time: ended.finishedAt }),
  }
}

function endOf(ended: NonNullable<ContainerState['terminated']>): string {
  return sentence(ended.reason, `The model server ended with exit code ${ended.exitCode ?? 'unknown'}.`)
}

/** The reason that the model server gave in its termination message (or in the log that stands for it). */
export function reasonIn(message: string): string | null {
  const line = message.split('\n').findLast((each) => each.startsWith(failurePrefix))
  return line === undefined ? null : line.slice(failurePrefix.length).trim()
}

/** The server's reason as one sentence, and the lines that led to it. */
export function explainFailure(failure: ModelFailure): { reason: string; message: string; logTail: string | null } {
  const text = failure.message ?? ''
  const reason = reasonIn(text)
  const lines = text.split('\n').filter((line) => !line.startsWith(failurePrefix))
  const tail = lines.join('\n').trim()
  if (reason !== null)
    return { reason: failure.reason ?? 'ModelLoadFailed', message: reason, logTail: tail === '' ? null : tail }
  const [first = '', ...rest] = text.split('\n')
  const multiple = rest.length > 0
  return {
    reason: failure.reason ?? 'RuntimeUnhealthy',
    message: multiple ? (text.trim().split('\n').at(-1) ?? first) : first,
    logTail: multiple ? text : null,
  }
}

function sentence(reason: string | undefined, message: string | undefined): string {
  return [reason, message].filter((part) => part !== undefined && part !== '').join(': ')
}
