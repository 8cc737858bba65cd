import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { StatusDetail } from '@keelson/contracts/status'

type Terminated = {
  exitCode: number
  signal?: number
  reason?: string
  message?: string
  startedAt?: string
  finishedAt?: string
  containerID?: string
}
type ContainerState = {
  waiting?: { reason?: string; message?: string }
  running?: { startedAt?: string }
  terminated?: Terminated
}
export type ContainerStatus = {
  name: string
  restartCount?: number
  containerID?: string
  state?: ContainerState
  lastState?: ContainerState
}
type PodCondition = { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }

/** The parts of a core/v1 Pod that history is made of. */
export type Pod = KubeObject & {
  spec?: { nodeName?: string; containers?: { name: string }[]; initContainers?: { name: string }[] }
  status?: {
    phase?: string
    reason?: string
    message?: string
    startTime?: string
    conditions?: PodCondition[]
    containerStatuses?: ContainerStatus[]
    initContainerStatuses?: ContainerStatus[]
  }
}

export type PodFacts = {
  status: StatusDetail
  node: string | null
  startedAt: string | null
  finishedAt: string | null
  exitCode: number | null
}

/** What a pod's status comes down to: one of our words, why, and when. */
export function podFacts(pod: Pod): PodFacts {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  const ended = containerStatuses.flatMap((container) => container.state?.terminated ?? [])
  const over = isOver(pod)
  const failed = failedContainer(initContainerStatuses) ?? failedContainer(containerStatuses)
  const deciding = failed?.state?.terminated ?? (over ? ended[0] : undefined)
  const started = [...initContainerStatuses, ...containerStatuses].flatMap(
    ({ state, lastState }) =>
      lastState?.terminated?.startedAt ?? state?.running?.startedAt ?? state?.terminated?.startedAt ?? [],
  )
  const finishes = [...initContainerStatuses, ...containerStatuses].flatMap(
    (each) => each.state?.terminated?.finishedAt ?? [],
  )
  const finishedAt = over ? (finishes.sort().at(-1) ?? null) : null
  return {
    status: podStatus(pod, failed, finishedAt),
    node: pod.spec?.nodeName ?? null,
    startedAt: started.sort()[0] ?? null,
    finishedAt,
    exitCode: over ? (deciding?.exitCode ?? null) : null,
  }
}

/** True when no container of the pod will run again. */
export function isOver(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

function failedContainer(statuses: readonly ContainerStatus[]): ContainerStatus | undefined {
  return statuses.find(({ state }) => state?.terminated !== undefined && state.terminated.exitCode !== 0)
}

function podStatus(pod: Pod, failed: ContainerStatus | undefined, finishedAt: string | null): StatusDetail {
  const { phase, reason, message, startTime } = pod.status ?? {}
  const made = pod.metadata.creationTimestamp ?? null
  const since = finishedAt ?? startTime ?? made
  if (phase === 'Succeeded') return detail('succeeded', reason ?? 'Completed', message, since)
  if (phase === 'Failed') {
    const terminated = failed?.state?.terminated
    const text = message ?? (failed && terminated ? exitText(failed.name, terminated) : null)
    return detail('failed', reason ?? terminated?.reason ?? 'Error', text, since)
  }
  const looping = (pod.status?.containerStatuses ?? []).find(
    ({ state }) => state?.waiting?.reason === 'CrashLoopBackOff',
  )
  if (looping) return detail('degraded', 'CrashLoopBackOff', loopText(looping), since)
  if (phase === 'Running') return detail('running', pod.metadata.deletionTimestamp ? 'Terminating' : null, null, since)
  return phase === 'Pending' ? pendingStatus(pod, made) : detail('unknown', reason, message, since)
}

function pendingStatus(pod: Pod, made: string | null): StatusDetail {
  const unscheduled = (pod.status?.conditions ?? []).find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  )
  if (unscheduled)
    return detail('pending', unscheduled.reason, unscheduled.message, unscheduled.lastTransitionTime ?? made)
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const waiting = containers.map(({ state }) => state?.waiting).filter((state) => state !== undefined)
  // "PodInitializing" only says that another container, the one with the reason, is not done.
  const telling =
    waiting.find((state) => state.reason !== 'PodInitializing' && state.reason !== 'ContainerCreating') ?? waiting[0]
  return detail('pending', telling?.reason, telling?.message, made)
}

/** `container "main" exited with code 1: <its termination message>`. */
export function exitText(container: string, { exitCode, signal, reason, message }: Terminated): string {
  const how = signal ? `was killed by signal ${signal}` : `exited with code ${exitCode}`
  const why = reason && reason !== 'Error' && reason !== 'Completed' ? ` (${reason})` : ''
  return `Container "${container}" ${how}${why}${message ? `: ${message.trim().slice(0, 2_000)}` : '.'}`
}

function loopText({ name, state, lastState }: ContainerStatus): string | null {
  const last = lastState?.terminated
  return last ? exitText(name, last) : (state?.waiting?.message ?? null)
}

function detail(
  status: StatusDetail['status'],
  reason: string | null | undefined,
  message: string | null | undefined,
  since: string | null,
): StatusDetail {
  return {
    status,
    reason: reason || null,
    message: message || null,
    since: since === null ? null : new Date(since).toISOString(),
  }
}
