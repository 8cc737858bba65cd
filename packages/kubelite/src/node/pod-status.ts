import type { Attempt, Exit } from './attempt.ts'
import {
  backOffMs,
  type ContainerView,
  crashesBeforeNextStart,
  hasStarted,
  isInitialized,
  isRunning,
  isSidecar,
  restartAt,
  willRestart,
} from './pod-plan.ts'
import { qosClass } from './scheduler.ts'
import type {
  Condition,
  ContainerStateStatus,
  ContainerStatus,
  Pod,
  PodPhase,
  PodStatus,
  TerminatedState,
} from './types.ts'

export type StatusInput = {
  pod: Pod
  views: readonly ContainerView[]
  now: Date
  podIP: string | null
  hostIP: string
  startTime: string
  /** Volumes and address are there. */
  sandboxReady: boolean
  /** Set when the pod is over for a reason of its own (deadline, rejection). */
  verdict: { reason: string; message: string } | null
  outcome: 'Succeeded' | 'Failed' | null
  /** The text for a terminated state, from the termination message file or the log. */
  terminationMessage(attempt: Attempt): string
}

/** The status of a pod on this node, by the kubelet's rules (`generateAPIPodStatus`, `getPhase`, `status/generate.go`). */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, views, now } = input
  const statuses = new Map(views.map((view) => [view.spec.name, containerStatus(view, input)]))
  const pick = (init: boolean) =>
    views
      .filter((view) => view.init === init)
      .map((view) => statuses.get(view.spec.name))
      .filter((status) => status !== undefined)
  const phase = phaseOf(input)
  const before = pod.status?.conditions ?? []
  const conditions = conditionsOf(input, phase).map((condition) =>
    withTransition(condition, before, now, pod.metadata.generation),
  )
  const kept = before.filter((condition) => !conditions.some((ours) => ours.type === condition.type))
  const inits = pick(true)
  return {
    phase,
    ...(input.verdict ? { reason: input.verdict.reason, message: input.verdict.message } : {}),
    conditions: [...conditions, ...kept],
    hostIP: input.hostIP,
    hostIPs: [{ ip: input.hostIP }],
    ...(input.podIP === null ? {} : { podIP: input.podIP, podIPs: [{ ip: input.podIP }] }),
    startTime: input.startTime,
    qosClass: pod.status?.qosClass ?? qosClass(pod),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    ...(inits.length > 0 ? { initContainerStatuses: inits } : {}),
    containerStatuses: pick(false),
  }
}

function phaseOf({ verdict, outcome, views, pod }: StatusInput): PodPhase {
  const running = views.some(isRunning)
  if (verdict !== null) return running ? (pod.status?.phase ?? 'Running') : 'Failed'
  // A pod is not over before its last sidecar.
  if (outcome !== null && !running) return outcome
  const mains = views.filter((view) => !view.init)
  return mains.every((view) => view.current !== null && !(view.hooking && view.previous === null))
    ? 'Running'
    : 'Pending'
}

function initialized(views: readonly ContainerView[]): boolean {
  return (
    views.some((view) => !view.init && view.current !== null) ||
    views.every((view) => !view.init || isInitialized(view))
  )
}

function containerStatus(view: ContainerView, input: StatusInput): ContainerStatus {
  const { current, previous } = view
  const running = isRunning(view)
  return {
    name: view.spec.name,
    ...containerStates(view, input),
    ready: view.init && !isSidecar(view) ? isInitialized(view) : running && !view.hooking && view.ready,
    started: hasStarted(view),
    restartCount: current?.number ?? 0,
    image: view.spec.image ?? '',
    imageID: current?.spec.imageId ?? previous?.spec.imageId ?? '',
    ...(current === null ? {} : { containerID: `keelson://${current.spec.id}` }),
  }
}

function containerStates(view: ContainerView, input: StatusInput): Pick<ContainerStatus, 'state' | 'lastState'> {
  const { current, previous } = view
  const ended = (attempt: Attempt | null): ContainerStateStatus =>
    attempt?.exit ? { terminated: terminated(attempt, attempt.exit, input) } : {}
  if (current === null) return { state: { waiting: waitingFor(view, input) }, lastState: ended(previous) }
  if (current.exit === null) {
    const startedAt = current.started?.startedAt
    return startedAt === undefined || view.hooking
      ? { state: { waiting: { reason: 'ContainerCreating' } }, lastState: ended(previous) }
      : { state: { running: { startedAt: toSeconds(startedAt) } }, lastState: ended(previous) }
  }
  const over = input.verdict !== null || input.outcome !== null || input.pod.metadata.deletionTimestamp !== undefined
  if (over || !willRestart(view, input.pod.spec.restartPolicy))
    return { state: ended(current), lastState: ended(previous) }
  if (view.waiting !== null) return { state: { waiting: view.waiting }, lastState: ended(current) }
  if (input.now.getTime() < restartAt(current))
    return { state: { waiting: crashLoop(view, current, input) }, lastState: ended(current) }
  return { state: ended(current), lastState: ended(previous) }
}

function waitingFor(view: ContainerView, { views, pod }: StatusInput): { reason: string; message?: string } {
  if (view.waiting !== null) return view.waiting
  const hasInits = (pod.spec.initContainers ?? []).length > 0
  return { reason: hasInits && !initialized(views) ? 'PodInitializing' : 'ContainerCreating' }
}

function crashLoop(view: ContainerView, current: Attempt, { pod }: StatusInput): { reason: string; message: string } {
  const { name, namespace, uid } = pod.metadata
  const wait = duration(backOffMs(crashesBeforeNextStart(current)))
  return {
    reason: 'CrashLoopBackOff',
    message: `back-off ${wait} restarting failed container=${view.spec.name} pod=${name}_${namespace}(${uid})`,
  }
}

/** As Go prints it: `10s`, `1m20s`, `5m0s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}

function terminated(attempt: Attempt, exit: Exit, input: StatusInput): TerminatedState {
  const message =
    exit.startError ??
    (exit.lost
      ? 'The process that watched over the container was killed, and the container with it'
      : input.terminationMessage(attempt))
  return {
    exitCode: exit.exitCode,
    ...(exit.signal > 0 ? { signal: exit.signal } : {}),
    reason: exit.startError !== undefined ? 'StartError' : exit.exitCode === 0 ? 'Completed' : 'Error',
    ...(message === '' ? {} : { message }),
    startedAt: toSeconds(exit.startedAt),
    finishedAt: toSeconds(exit.finishedAt),
    containerID: `keelson://${attempt.spec.id}`,
  }
}

/** Kubernetes' metav1.Time has whole seconds. */
export function toSeconds(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}

function conditionsOf(input: StatusInput, phase: PodPhase): Condition[] {
  const { views } = input
  const over = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : null
  const lasting = views.filter((view) => !view.init || isSidecar(view))
  const unready = lasting
    .filter((view) => !(isRunning(view) && !view.hooking && view.ready))
    .map((view) => view.spec.name)
  const allInitialized = initialized(views)
  const incomplete = views.filter((view) => view.init && !isInitialized(view)).map((view) => view.spec.name)
  const yes = (type: string): Condition => ({ type, status: 'True' })
  const no = (type: string, reason: string, message?: string): Condition => ({
    type,
    status: 'False',
    reason,
    ...(message === undefined ? {} : { message }),
  })
  const containersReady = (type: string) =>
    over !== null
      ? no(type, over)
      : unready.length > 0
        ? no(type, 'ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`)
        : yes(type)
  const gate = unmetGate(input)
  const ready = containersReady('Ready')
  return [
    input.sandboxReady && over === null
      ? yes('PodReadyToStartContainers')
      : { type: 'PodReadyToStartContainers', status: 'False' },
    phase === 'Succeeded'
      ? { ...yes('Initialized'), reason: 'PodCompleted' }
      : allInitialized
        ? yes('Initialized')
        : no('Initialized', 'ContainersNotInitialized', `containers with incomplete status: [${incomplete.join(' ')}]`),
    ready.status === 'True' && gate !== null ? no('Ready', 'ReadinessGatesNotReady', gate) : ready,
    containersReady('ContainersReady'),
    yes('PodScheduled'),
  ]
}

function unmetGate({ pod }: StatusInput): string | null {
  for (const gate of pod.spec.readinessGates ?? []) {
    const condition = pod.status?.conditions?.find((each) => each.type === gate.conditionType)
    if (condition === undefined)
      return `corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`
    if (condition.status !== 'True')
      return `the status of pod readiness gate "${gate.conditionType}" is not "True", but ${condition.status}`
  }
  return null
}

function withTransition(
  condition: Condition,
  before: readonly Condition[],
  now: Date,
  generation: number | undefined,
): Condition {
  const old = before.find((each) => each.type === condition.type)
  const since = old?.status === condition.status ? old.lastTransitionTime : undefined
  return {
    ...condition,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastProbeTime: null,
    lastTransitionTime: since || toSeconds(now.toISOString()),
  }
}
