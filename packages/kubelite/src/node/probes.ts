import type { NodeContext } from './context.ts'
import { type HandlerResult, runHandler } from './hooks.ts'
import { type ContainerView, isRunning } from './pod-plan.ts'
import type { Pod, Probe } from './types.ts'

type Kind = 'startup' | 'liveness' | 'readiness'
const titles: Record<Kind, string> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' }

/** Counts a probe's results in a row: true and false are verdicts, null is not yet enough of either. */
export function probeCounter(probe: Probe): (ok: boolean) => boolean | null {
  let last: boolean | null = null
  let run = 0
  return (ok) => {
    run = ok === last ? run + 1 : 1
    last = ok
    const needed = ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)
    return run >= needed ? ok : null
  }
}

/** The probes of one pod's running containers. Their results are `started` and `ready` of each view. */
export class ProbeSet {
  private readonly context: NodeContext
  private readonly pod: () => Pod
  private readonly podIP: string
  private readonly wake: () => void
  private readonly restart: (view: ContainerView, why: string, probe: Probe) => void
  private readonly running = new Map<string, AbortController>()

  constructor(
    context: NodeContext,
    pod: () => Pod,
    podIP: string,
    wake: () => void,
    restart: (view: ContainerView, why: string, probe: Probe) => void,
  ) {
    this.context = context
    this.pod = pod
    this.podIP = podIP
    this.wake = wake
    this.restart = restart
  }

  /** A new attempt begins without any result. */
  begin(view: ContainerView): void {
    this.forget(view)
    view.started = view.spec.startupProbe === undefined
    view.ready = view.spec.startupProbe === undefined && view.spec.readinessProbe === undefined
    this.watch(view)
  }

  /** Probes a running container until it ends; also one that was adopted. */
  watch(view: ContainerView): void {
    const id = view.current?.spec.id
    if (id === undefined || !isRunning(view) || view.current?.started == null || this.running.has(id)) return
    const abort = new AbortController()
    this.running.set(id, abort)
    const { startupProbe, livenessProbe, readinessProbe } = view.spec
    if (startupProbe && !view.started) void this.loop(view, 'startup', startupProbe, abort.signal)
    if (livenessProbe) void this.loop(view, 'liveness', livenessProbe, abort.signal)
    if (readinessProbe) void this.loop(view, 'readiness', readinessProbe, abort.signal)
  }

  forget(view: ContainerView): void {
    const id = view.current?.spec.id ?? ''
    this.running.get(id)?.abort()
    // Kept while the same attempt still runs: it is being stopped and must not be probed again.
    if (!isRunning(view)) this.running.delete(id)
    view.ready = view.spec.readinessProbe === undefined && view.spec.startupProbe === undefined && view.ready
  }

  stop(): void {
    for (const abort of this.running.values()) abort.abort()
  }

  private async loop(view: ContainerView, kind: Kind, probe: Probe, signal: AbortSignal): Promise<void> {
    const { clock } = this.context
    const attempt = view.current
    if (attempt === null) return
    const count = probeCounter(probe)
    let nextFailureAt = 0
    const periodMs = (probe.periodSeconds ?? 10) * 1000
    await clock.sleep((probe.initialDelaySeconds ?? 0) * 1000, signal)
    while (!signal.aborted && !this.context.signal.aborted) {
      // Liveness and readiness wait for the startup probe.
      if (kind !== 'startup' && !view.started) {
        await clock.sleep(Math.min(periodMs, 200), signal)
        continue
      }
      const result = await runHandler(
        this.context,
        view.spec,
        attempt,
        probe,
        this.podIP,
        (probe.timeoutSeconds ?? 1) * 1000,
      )
      if (signal.aborted || view.current?.spec.id !== attempt.spec.id) return
      const now = clock.now().getTime()
      // Failures count once a period, however often it is asked.
      if (result.ok || now >= nextFailureAt) {
        if (!result.ok) {
          nextFailureAt = now + periodMs - 50
          this.tell(view, kind, result)
        }
        if (this.judge(view, kind, probe, count(result.ok))) return
      }
      // A container that is not up yet is asked more often than its period, so that it is not late by one.
      const eager =
        kind !== 'liveness' &&
        (probe.successThreshold ?? 1) === 1 &&
        !(kind === 'readiness' ? view.ready : view.started)
      await clock.sleep(eager ? Math.min(periodMs, 500) : periodMs, signal)
    }
  }

  private tell(view: ContainerView, kind: Kind, result: HandlerResult): void {
    const path = `spec.${view.init ? 'initContainers' : 'containers'}{${view.spec.name}}`
    this.context.events.record(
      this.pod(),
      'Warning',
      'Unhealthy',
      `${titles[kind]} probe failed: ${result.message}`,
      path,
    )
  }

  /** True when this probe has nothing more to ask. */
  private judge(view: ContainerView, kind: Kind, probe: Probe, verdict: boolean | null): boolean {
    if (verdict === null) return false
    if (kind === 'readiness') {
      if (view.ready !== verdict) {
        view.ready = verdict
        this.wake()
      }
      return false
    }
    if (!verdict) {
      this.restart(view, `failed ${kind} probe`, probe)
      return true
    }
    if (kind === 'liveness') return false
    view.started = true
    if (view.spec.readinessProbe === undefined) view.ready = true
    this.wake()
    return true
  }
}
