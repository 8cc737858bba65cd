import type { Attempt } from './attempt.ts'
import type { Container, PodSpec, RestartRule } from './types.ts'

/** What the kubelet knows of one container: its newest attempt on disk, the one before, and why it does not start. */
export type ContainerView = {
  spec: Container
  init: boolean
  current: Attempt | null
  previous: Attempt | null
  /** Why the next start is held up (image, configuration); null when nothing is known against it. */
  waiting: { reason: string; message: string } | null
  /** Not to be started before this time (ms), because of `waiting`. */
  notBefore: number
  /** Its postStart hook runs: it does not count as started, and the containers after it wait. */
  hooking: boolean
  /** What the probes say. Without probes a running container is started and ready. */
  started: boolean
  ready: boolean
}

export type Plan = {
  /** Containers to start now. */
  start: ContainerView[]
  /** When to look again although nothing happened (ms); null = only when something happens. */
  wakeAt: number | null
  /** Set when no container is to run again; what still runs (sidecars) is to be ended then. */
  outcome: 'Succeeded' | 'Failed' | null
}

const firstBackOffMs = 10_000
const longestBackOffMs = 300_000
/** A container that ran this long starts with a clean slate. */
const forgetCrashesAfterMs = 2 * longestBackOffMs

export const isRunning = (view: ContainerView) => view.current !== null && view.current.exit === null

/** How many quick failures the next start of this container will have behind it. */
export function crashesBeforeNextStart(attempt: Attempt): number {
  if (attempt.exit === null) return attempt.spec.crashes
  const ranMs = Date.parse(attempt.exit.finishedAt) - Date.parse(attempt.exit.startedAt)
  return ranMs >= forgetCrashesAfterMs ? 1 : attempt.spec.crashes + 1
}

/** 0 for the first restart, then 10 s, 20 s … 5 min. */
export function backOffMs(crashes: number): number {
  return crashes <= 1 ? 0 : Math.min(firstBackOffMs * 2 ** (crashes - 2), longestBackOffMs)
}

/** The time (ms) from which an ended container may run again. */
export function restartAt(attempt: Attempt): number {
  const finished = attempt.exit === null ? 0 : Date.parse(attempt.exit.finishedAt)
  return finished + backOffMs(crashesBeforeNextStart(attempt))
}

/** An init container that goes on beside the pod's others (KEP-753). */
export const isSidecar = (view: ContainerView) => view.init && view.spec.restartPolicy === 'Always'

/** True when a container that ended like this is to run again (`ContainerShouldRestart`): its own rules, its own policy, its pod's. */
export function willRestart(view: ContainerView, podPolicy: PodSpec['restartPolicy']): boolean {
  const exit = view.current?.exit
  if (!exit) return false
  if (isSidecar(view)) return true
  if (view.spec.restartPolicyRules?.some(({ exitCodes }) => matches(exitCodes, exit.exitCode))) return true
  const policy = view.spec.restartPolicy ?? podPolicy ?? 'Always'
  if (view.init) return exit.exitCode !== 0 && policy !== 'Never'
  return policy === 'Always' || (policy === 'OnFailure' && exit.exitCode !== 0)
}

function matches(codes: RestartRule['exitCodes'], exitCode: number): boolean {
  const listed = codes?.values?.includes(exitCode) ?? false
  return codes?.operator === 'NotIn' ? !listed : listed
}

/** The next init container may start: this one has ended well, or is a sidecar that is up. */
export function isInitialized(view: ContainerView): boolean {
  return isSidecar(view) ? hasStarted(view) : view.current?.exit?.exitCode === 0
}

/** Runs, and its startup probe, where it has one, has been answered. */
export const hasStarted = (view: ContainerView) =>
  isRunning(view) && view.current?.started != null && !view.hooking && view.started

/** What to do next for a pod that is to run. Pure: the same views and time give the same plan. */
export function planPod(spec: PodSpec, views: readonly ContainerView[], now: number): Plan {
  const policy = spec.restartPolicy
  const mains = views.filter((view) => !view.init)
  const inits = views.filter((view) => view.init)
  // Init containers are over once a container of the pod has run, also when their folders are no longer there.
  const begun = mains.some((view) => view.current !== null)
  const reached = begun
    ? inits.length
    : Math.max(
        0,
        inits.findLastIndex((view) => view.current !== null),
      )
  const sidecars = inits.slice(0, reached).filter((view) => isSidecar(view) && !isRunning(view))
  const last = inits[reached]
  if (last !== undefined) {
    const failed = last.current?.exit != null && !isInitialized(last) && !willRestart(last, policy)
    if (failed) return { start: [], wakeAt: null, outcome: 'Failed' }
    const next = isInitialized(last) ? inits[reached + 1] : last
    if (next !== undefined) return startDue(isRunning(next) ? sidecars : [...sidecars, next], now)
  }
  const due = mains.filter((view) => view.current === null || willRestart(view, policy))
  if (due.length > 0 || mains.some(isRunning)) return startDue([...sidecars, ...due], now)
  return {
    start: [],
    wakeAt: null,
    outcome: mains.every((view) => view.current?.exit?.exitCode === 0) ? 'Succeeded' : 'Failed',
  }
}

function startDue(views: readonly ContainerView[], now: number): Plan {
  const dueAt = (view: ContainerView) => Math.max(view.notBefore, view.current === null ? 0 : restartAt(view.current))
  const start = views.filter((view) => dueAt(view) <= now)
  const later = views.map(dueAt).filter((at) => at > now)
  return { start, wakeAt: later.length === 0 ? null : Math.min(...later), outcome: null }
}
