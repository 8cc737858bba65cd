import { rm } from 'node:fs/promises'
import type { PulledImage } from '../images/index.ts'
import { refreshAttempt } from './attempt.ts'
import { ContainerConfigError } from './container-env.ts'
import type { NodeContext } from './context.ts'
import type { PodFacts } from './downward.ts'
import { runPostStart, runPreStop } from './hooks.ts'
import { ImagePuller } from './image-puller.ts'
import type { PodEntrance } from './network/index.ts'
import {
  type ContainerView,
  crashesBeforeNextStart,
  isRunning,
  isSidecar,
  planPod,
  restartAt,
  willRestart,
} from './pod-plan.ts'
import { loadViews, type PodRecord, savePodRecord, trimAttempts } from './pod-record.ts'
import { PodSandbox } from './pod-sandbox.ts'
import { podStatus } from './pod-status.ts'
import { ProbeSet } from './probes.ts'
import { startContainer } from './start-container.ts'
import { stopContainer } from './stop-container.ts'
import { terminationMessage } from './termination-message.ts'
import { type Pod, type PodStatus, type Probe, pods, refOf } from './types.ts'
import type { ReadyVolume } from './volumes.ts'

const volumeRetryMs = 2_000
const adoptedPollMs = 1_000

/** A container that is being ended: when that is done, and when its grace is over (ms). */
type Stop = { done: Promise<void>; deadline: () => number }

/**
 * Makes one pod true on this machine and tells the API about it. Every change of the world calls `wake`; one pass at a
 * time looks at everything and does the next steps. All it needs after a restart is on disk.
 */
export class PodWorker {
  readonly uid: string
  readonly record: PodRecord
  private pod: Pod
  private gone = false
  private views: ContainerView[] | null = null
  private readonly context: NodeContext
  private readonly podDir: string
  private readonly sandbox: PodSandbox
  private readonly puller: ImagePuller
  private readonly probes: ProbeSet
  private readonly stopping = new Map<string, Stop>()
  private readonly hooksRun = new Set<string>()
  private verdict: { reason: string; message: string } | null = null
  private lastStatus = ''
  private toldBackOff = ''
  private pass: Promise<void> | null = null
  private again = false
  private timer: NodeJS.Timeout | undefined
  private ended: () => void = () => {}
  /** Resolves when the pod is gone from the API and from this machine. */
  readonly done: Promise<void>

  constructor(context: NodeContext, pod: Pod, record: PodRecord, podDir: string) {
    this.context = context
    this.pod = pod
    this.uid = pod.metadata.uid ?? ''
    this.record = record
    this.podDir = podDir
    this.done = new Promise((resolve) => {
      this.ended = resolve
    })
    const wake = () => this.wake()
    this.sandbox = new PodSandbox(context, () => this.pod, record, podDir)
    this.puller = new ImagePuller(context, () => this.pod, wake)
    this.probes = new ProbeSet(
      context,
      () => this.pod,
      record.podIP,
      wake,
      (view, why, probe) => this.probeFailed(view, why, probe),
    )
  }

  /** The pod as the API has it now. */
  update(pod: Pod): void {
    this.pod = pod
    this.wake()
  }

  /** The pod is over for a reason of the node's own; what still runs of it is ended. */
  fail(reason: string, message: string): void {
    this.verdict = { reason, message }
    this.wake()
  }

  /** The pod is gone from the API (or another one has its name): end what runs and clear up. */
  remove(): void {
    this.gone = true
    this.wake()
  }

  wake(): void {
    if (this.context.signal.aborted) return
    this.again = true
    this.pass ??= this.run().finally(() => {
      this.pass = null
      if (this.again) this.wake()
    })
  }

  /** Stops looking; the containers go on. */
  async detach(): Promise<void> {
    clearTimeout(this.timer)
    this.probes.stop()
    await this.pass
  }

  containers(): readonly ContainerView[] {
    return this.views ?? []
  }

  private async run(): Promise<void> {
    while (this.again && !this.context.signal.aborted) {
      this.again = false
      clearTimeout(this.timer)
      let wakeAt: number | null
      try {
        wakeAt = await this.sync()
      } catch (error) {
        if (this.context.signal.aborted) return
        this.context.log.error('pod sync failed', {
          namespace: this.pod.metadata.namespace ?? '',
          name: this.pod.metadata.name ?? '',
          error,
        })
        wakeAt = this.now() + 2_000
      }
      if (wakeAt !== null) this.timer = setTimeout(() => this.wake(), Math.max(10, wakeAt - this.now()))
    }
  }

  private now(): number {
    return this.context.clock.now().getTime()
  }

  private async sync(): Promise<number | null> {
    const { clock } = this.context
    this.views ??= withKnownResults(await loadViews(this.podDir, this.pod.spec), this.pod)
    for (const view of this.views) {
      if (view.current === null || view.current.exit !== null) continue
      view.current = await refreshAttempt(view.current, () => clock.now())
      if (view.current.exit === null) continue
      this.probes.forget(view)
      if (view.current.exit.startError !== undefined)
        this.containerEvent(view, 'Warning', 'Failed', `Error: ${view.current.exit.startError}`)
    }
    if (this.gone || this.pod.metadata.deletionTimestamp !== undefined) return this.terminate(this.views)
    const phase = this.pod.status?.phase
    if ((phase === 'Succeeded' || phase === 'Failed') && !this.views.some(isRunning)) {
      await this.context.network.release(this.record)
      return null
    }
    return this.advance(this.views)
  }

  private async advance(views: ContainerView[]): Promise<number | null> {
    const deadline = this.deadline()
    if (deadline !== null && this.now() >= deadline && this.verdict === null) {
      this.verdict = {
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      }
      this.context.events.record(this.pod, 'Normal', 'DeadlineExceeded', this.verdict.message)
    }
    if (this.verdict !== null) {
      await this.report(views, null)
      this.stopAll(views, graceFrom(this.now(), this.graceMs()))
      return views.some(isRunning) ? this.now() + adoptedPollMs : null
    }
    let plan = planPod(this.pod.spec, views, this.now())
    let wakeAt = plan.wakeAt
    if (plan.start.length > 0) {
      const ready = await this.sandbox.prepare(views.some(isRunning))
      if (ready) {
        for (const view of plan.start) if (!isHeldByHook(view, views)) await this.start(view)
        plan = planPod(this.pod.spec, views, this.now())
        wakeAt = plan.wakeAt
      } else wakeAt = this.sandbox.held?.until ?? this.now() + volumeRetryMs
    } else if (views.some(isRunning)) await this.sandbox.refresh()
    for (const view of views) {
      if (isRunning(view)) {
        if (!view.hooking) this.probes.watch(view)
      } else if (plan.outcome === null) this.tellBackOff(view)
    }
    await this.report(views, plan.outcome)
    // What is left are sidecars: they end once nobody needs them any more.
    if (plan.outcome !== null) this.stopAll(views, graceFrom(this.now(), this.graceMs()))
    return earliest(wakeAt, deadline, views.some(isRunning) ? this.now() + adoptedPollMs : null)
  }

  /** Once for each attempt that has to wait before the next. */
  private tellBackOff(view: ContainerView): void {
    const attempt = view.current
    if (
      attempt === null ||
      !willRestart(view, this.pod.spec.restartPolicy) ||
      restartAt(attempt) <= this.now() ||
      this.toldBackOff === attempt.spec.id
    )
      return
    this.toldBackOff = attempt.spec.id
    const { namespace, name, uid } = refOf(this.pod)
    this.containerEvent(
      view,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${view.spec.name} in pod ${name}_${namespace}(${uid})`,
    )
  }

  private facts(): PodFacts {
    const { hostIP, nodeName, allocatable } = this.context
    return { pod: this.pod, podIP: this.record.podIP, hostIP, nodeName, allocatable }
  }

  private async start(view: ContainerView): Promise<void> {
    const pulled = this.puller.imageFor(view)
    const { volumes, entrance } = this.sandbox
    if (pulled === null || volumes === null || entrance === null) return
    try {
      const attempt = await this.launch(view, pulled, volumes, entrance)
      if (view.current !== null) view.previous = view.current
      view.current = attempt
      view.waiting = null
      view.notBefore = 0
      view.hooking = view.spec.lifecycle?.postStart !== undefined
      if (!view.hooking) this.probes.begin(view)
      await trimAttempts(this.podDir, view)
    } catch (error) {
      const reason = error instanceof ContainerConfigError ? error.reason : 'CreateContainerError'
      const message = error instanceof Error ? error.message : String(error)
      view.waiting = { reason, message }
      view.notBefore = this.now() + volumeRetryMs
      this.containerEvent(view, 'Warning', 'Failed', `Error: ${message}`)
      return
    }
    this.containerEvent(view, 'Normal', 'Started', 'Container started')
    if (view.hooking) void this.postStart(view)
  }

  private launch(
    view: ContainerView,
    image: PulledImage,
    volumes: ReadonlyMap<string, ReadyVolume>,
    entrance: PodEntrance,
  ) {
    const { clock, hostEnv, mountMode, caFile, network } = this.context
    this.containerEvent(view, 'Normal', 'Created', 'Container created')
    return startContainer({
      facts: this.facts(),
      container: view.spec,
      image,
      podDir: this.podDir,
      number: view.current === null ? 0 : view.current.number + 1,
      crashes: view.current === null ? 0 : crashesBeforeNextStart(view.current),
      volumes,
      config: this.context.configOf(this.pod.metadata.namespace ?? ''),
      mountMode,
      hostEnv,
      api: { ...network.apiFor(this.record), caFile },
      entrance,
      now: () => clock.now(),
      onChange: () => this.wake(),
    })
  }

  private async postStart(view: ContainerView): Promise<void> {
    const failure = await runPostStart(this.context, view, this.record.podIP)
    view.hooking = false
    this.wake()
    if (failure === null) {
      if (isRunning(view)) this.probes.begin(view)
      return
    }
    this.containerEvent(view, 'Warning', 'FailedPostStartHook', `PostStartHook failed: ${failure}`)
    this.containerEvent(view, 'Normal', 'Killing', 'FailedPostStartHook')
    this.stopOne(view, graceFrom(this.now(), this.graceMs()))
  }

  /** Ends a container that its pod's policy may start again. */
  private probeFailed(view: ContainerView, why: string, probe: Probe): void {
    const suffix = this.pod.spec.restartPolicy === 'Never' && !isSidecar(view) ? '' : ', will be restarted'
    this.containerEvent(view, 'Normal', 'Killing', `Container ${view.spec.name} ${why}${suffix}`)
    const seconds = probe.terminationGracePeriodSeconds
    this.stopOne(view, graceFrom(this.now(), seconds === undefined ? this.graceMs() : seconds * 1000))
  }

  private containerEvent(view: ContainerView, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.events.record(
      this.pod,
      type,
      reason,
      message,
      `spec.${view.init ? 'initContainers' : 'containers'}{${view.spec.name}}`,
    )
  }

  private graceMs(): number {
    return (this.pod.metadata.deletionGracePeriodSeconds ?? this.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000
  }

  private deadline(): number | null {
    const seconds = this.pod.spec.activeDeadlineSeconds
    return seconds === undefined ? null : Date.parse(this.record.startTime) + seconds * 1000
  }

  /** A pod that is being deleted: end its containers, report, take it out of the API, clear its folder. */
  private async terminate(views: readonly ContainerView[]): Promise<number | null> {
    this.probes.stop()
    this.puller.stop()
    // deletionTimestamp is the time of the request plus the grace period; a pod removed by force gets a moment.
    const asked = this.pod.metadata.deletionTimestamp
    const forced = this.now() + 2_000
    this.stopAll(views, () =>
      this.gone || asked === undefined
        ? forced
        : Math.min(Date.parse(this.pod.metadata.deletionTimestamp ?? asked), this.now() + this.graceMs()),
    )
    if (views.some(isRunning)) {
      if (!this.gone) await this.report(views, null)
      return this.now() + adoptedPollMs
    }
    await Promise.all([...this.stopping.values()].map(({ done }) => done))
    if (!this.gone) {
      await this.report(views, this.finalOutcome(views))
      await this.context.client
        .delete(pods, refOf(this.pod), { uid: this.uid, gracePeriodSeconds: 0 })
        .catch((error) => {
          if ((error as { code?: number }).code !== 404) throw error
        })
      // The watch says when it is gone; finalizers of others may keep it, and its logs, for a while.
      return this.now() + 10_000
    }
    await this.context.network.release(this.record)
    await rm(this.podDir, { recursive: true, force: true })
    this.ended()
    return null
  }

  private finalOutcome(views: readonly ContainerView[]): 'Succeeded' | 'Failed' {
    const mains = views.filter((view) => !view.init)
    return mains.every((view) => view.current?.exit?.exitCode === 0) ? 'Succeeded' : 'Failed'
  }

  /** Ends what runs: a sidecar after the pod's own containers and after the sidecars that came later, in one grace period. */
  private stopAll(views: readonly ContainerView[], deadline: () => number): void {
    const before: Promise<void>[] = []
    const order = [...views.filter((view) => !view.init), ...views.filter((view) => view.init).reverse()]
    for (const view of order.filter(isRunning)) {
      const present = this.stopping.get(view.spec.name)
      if (present === undefined) {
        this.containerEvent(view, 'Normal', 'Killing', `Stopping container ${view.spec.name}`)
        this.stopOne(view, deadline, isSidecar(view) ? after(before) : undefined)
      } else if (deadline() < present.deadline()) present.deadline = earlier(present.deadline, deadline)
      const stop = this.stopping.get(view.spec.name)
      if (stop && (!view.init || isSidecar(view))) before.push(stop.done)
    }
  }

  private stopOne(view: ContainerView, deadline: () => number, turn?: () => Promise<unknown>): void {
    const attempt = view.current
    if (attempt === null || this.stopping.has(view.spec.name)) return
    this.probes.forget(view)
    const preStop =
      view.spec.lifecycle?.preStop && !this.hooksRun.has(attempt.spec.id)
        ? () => this.preStop(view, attempt.spec.id)
        : undefined
    const { clock, signal } = this.context
    const stop: Stop = { done: Promise.resolve(), deadline }
    this.stopping.set(view.spec.name, stop)
    stop.done = stopContainer(attempt, { clock, deadline: () => stop.deadline(), preStop, turn, signal })
      .then(() => {})
      .catch((error) => this.context.log.warn('stop failed', { name: this.pod.metadata.name ?? '', error }))
      .finally(() => {
        this.stopping.delete(view.spec.name)
        this.wake()
      })
  }

  private async preStop(view: ContainerView, id: string): Promise<void> {
    this.hooksRun.add(id)
    const failure = await runPreStop(this.context, view, this.record.podIP)
    if (failure !== null) this.containerEvent(view, 'Warning', 'FailedPreStopHook', `PreStopHook failed: ${failure}`)
  }

  private async report(views: readonly ContainerView[], outcome: 'Succeeded' | 'Failed' | null): Promise<void> {
    const { held } = this.sandbox
    const shown =
      held === null
        ? views
        : views.map((view) =>
            view.current === null ? { ...view, waiting: { reason: held.reason, message: held.message } } : view,
          )
    const status = podStatus({
      pod: this.pod,
      views: shown,
      now: this.context.clock.now(),
      podIP: this.sandbox.volumes === null && !views.some((view) => view.current !== null) ? null : this.record.podIP,
      hostIP: this.context.hostIP,
      startTime: this.record.startTime,
      sandboxReady: this.sandbox.volumes !== null || views.some(isRunning),
      verdict: this.verdict,
      outcome,
      terminationMessage: (attempt) => terminationMessage(attempt, views),
    })
    await this.writeStatus(status)
  }

  private async writeStatus(status: PodStatus): Promise<void> {
    const text = JSON.stringify(status)
    if (text === this.lastStatus) return
    const { client } = this.context
    // Merge patch: what a new status does not have any more is said with null. The uid keeps it off a namesake.
    const patch = { metadata: { uid: this.uid }, status: { reason: null, message: null, ...status } }
    try {
      this.pod = await client.patch<Pod>(pods, refOf(this.pod), patch, 'status')
      this.lastStatus = text
    } catch (error) {
      const code = (error as { code?: number }).code
      if (code === 404) return
      if (code === 409) {
        this.context.log.debug('pod status conflict', { name: this.pod.metadata.name ?? '' })
        this.again = true
        return
      }
      throw error
    }
  }

  /** Writes the record that a later kubelet finds the pod by. */
  static save(podDir: string, record: PodRecord): Promise<void> {
    return savePodRecord(podDir, record)
  }
}

/** An adopted container is as ready as it was said to be, until its probes say otherwise: its traffic must not stop. */
function withKnownResults(views: ContainerView[], pod: Pod): ContainerView[] {
  for (const view of views) {
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {}
    const statuses = isSidecar(view) ? initContainerStatuses : containerStatuses
    const known = statuses.find((status) => status.name === view.spec.name)
    if (known === undefined || !isRunning(view) || known.containerID !== `keelson://${view.current?.spec.id}`) continue
    view.started = known.started
    view.ready = known.ready
  }
  return views
}

function earliest(...times: (number | null)[]): number | null {
  const known = times.filter((time) => time !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/** The kubelet starts containers in order and waits for each one's postStart hook: some rely on it. */
function isHeldByHook(view: ContainerView, views: readonly ContainerView[]): boolean {
  return views.slice(0, views.indexOf(view)).some((before) => before.hooking)
}

const graceFrom = (now: number, graceMs: number) => () => now + graceMs
const earlier = (a: () => number, b: () => number) => () => Math.min(a(), b())
/** Those that are known by now; who joins the list later is not waited for. */
function after(before: readonly Promise<void>[]): () => Promise<unknown> {
  const all = Promise.all(before)
  return () => all
}
