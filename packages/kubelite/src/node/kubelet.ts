import { join } from 'node:path'
import { type Cache, openCache } from '../controllers/cache.ts'
import type { NodeContext } from './context.ts'
import type { SchedulableNode } from './node-fit.ts'
import { machineCapacity } from './node-object.ts'
import { type PodRecord, podsFolder, readPodRecords, savePodRecord } from './pod-record.ts'
import { PodWorker } from './pod-worker.ts'
import {
  type Amounts,
  freeAmounts,
  hasTakenHostPort,
  qosClass,
  unfitReasons,
  unschedulableMessage,
} from './scheduler.ts'
import { stopPod } from './stop-all-pods.ts'
import { type Condition, nodes, type Pod, pods, refOf } from './types.ts'

const retryMs = 2_000

/** The pods of this machine: binds those that wait, and keeps one worker for each that is bound. */
export class Kubelet {
  private readonly context: NodeContext
  private readonly cache: Cache<Pod>
  private readonly nodes: Cache<SchedulableNode>
  private readonly workers = new Map<string, PodWorker>()
  private readonly detached = new Set<Promise<void>>()
  private scheduling: Promise<void> | null = null
  private scheduleAgain = false
  private timer: NodeJS.Timeout | undefined

  constructor(context: NodeContext) {
    this.context = context
    const options = { log: context.log, signal: context.signal }
    this.cache = openCache<Pod>(context.client, pods, {}, options)
    const own = { fieldSelector: `metadata.name=${context.nodeName}` }
    this.nodes = openCache<SchedulableNode>(context.client, nodes, own, options)
  }

  /** Adopts what ran before, then follows the API. Resolves when the first list has been worked into the pods. */
  async start(): Promise<void> {
    await Promise.all([this.cache.synced, this.nodes.synced, this.context.claims.synced()])
    const byUid = new Map(this.cache.list().map((pod) => [pod.metadata.uid, pod]))
    for (const { podDir, record } of await readPodRecords(this.context.stateDir)) {
      const pod = byUid.get(record.uid)
      const kept = pod === undefined ? record : await this.adopt(pod, record, podDir)
      const worker = new PodWorker(this.context, pod ?? orphan(record), kept, podDir)
      this.keep(worker)
      if (pod) worker.wake()
      else worker.remove()
    }
    await this.context.network.clearUp()
    this.cache.onEvent(({ type, object }) => {
      if (type === 'deleted') this.workers.get(object.metadata.uid ?? '')?.remove()
      else void this.place(object)
      this.schedule()
    })
    this.context.claims.onChange(() => this.schedule())
    this.nodes.onEvent(() => this.schedule())
  }

  allWorkers(): PodWorker[] {
    return [...this.workers.values()]
  }

  /** A pod keeps its network for life; where the node has another one by now, its containers start anew in that. */
  private async adopt(pod: Pod, record: PodRecord, podDir: string): Promise<PodRecord> {
    const { network, events } = this.context
    if (network.adopt(record, pod, podDir)) return record
    if ((await stopPod(podDir, record.graceSeconds * 1000)) > 0)
      events.record(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
    const { podIP: _, network: __, ...rest } = record
    const moved = network.place(pod, podDir, rest)
    await savePodRecord(podDir, moved)
    return moved
  }

  worker(uid: string): PodWorker | undefined {
    return this.workers.get(uid)
  }

  /** Lets go of every pod; their containers go on. */
  async stop(): Promise<void> {
    clearTimeout(this.timer)
    await Promise.all([
      this.scheduling,
      ...[...this.workers.values()].map((worker) => worker.detach()),
      ...this.detached,
    ])
  }

  private keep(worker: PodWorker): void {
    this.workers.set(worker.uid, worker)
    void worker.done.then(() => {
      this.workers.delete(worker.uid)
      this.schedule()
    })
  }

  private async place(pod: Pod): Promise<void> {
    const uid = pod.metadata.uid ?? ''
    if (pod.spec.nodeName !== this.context.nodeName) return
    const present = this.workers.get(uid)
    if (present) {
      present.update(pod)
      return
    }
    const phase = pod.status?.phase
    // Ended before this folder was made (a state folder that was lost): nothing to run; a deletion still has to be granted.
    if ((phase === 'Succeeded' || phase === 'Failed') && pod.metadata.deletionTimestamp === undefined) return
    const { clock, network } = this.context
    const podDir = join(podsFolder(this.context.stateDir), uid)
    const retry = (why: string, error: unknown) => {
      this.workers.delete(uid)
      this.context.log.error(why, { ...refOf(pod), error })
      setTimeout(() => void this.place(pod), retryMs).unref()
    }
    let record: PodRecord
    try {
      record = network.place(pod, podDir, {
        ...refOf(pod),
        startTime: pod.status?.startTime ?? `${clock.now().toISOString().slice(0, 19)}Z`,
        graceSeconds: pod.spec.terminationGracePeriodSeconds ?? 30,
      })
    } catch (error) {
      this.context.events.record(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${error}`)
      return retry('pod has no address', error)
    }
    const worker = new PodWorker(this.context, pod, record, podDir)
    this.keep(worker)
    try {
      await savePodRecord(podDir, record)
    } catch (error) {
      return retry('pod folder cannot be written', error)
    }
    // It ran here, and nothing of it is left (a state folder that was removed): not to be run a second time unsaid.
    const ran = pod.status?.containerStatuses?.some((status) => status.containerID !== undefined) ?? false
    if (ran) worker.fail('ContainerStatusUnknown', 'The containers could not be found on this machine any more')
    else worker.wake()
  }

  private schedule(): void {
    this.scheduleAgain = true
    this.scheduling ??= this.scheduleAll().finally(() => {
      this.scheduling = null
      if (this.scheduleAgain && !this.context.signal.aborted) this.schedule()
    })
  }

  private async scheduleAll(): Promise<void> {
    while (this.scheduleAgain && !this.context.signal.aborted) {
      this.scheduleAgain = false
      const waiting = this.cache
        .list()
        .filter(
          (pod) =>
            !pod.spec.nodeName &&
            pod.metadata.deletionTimestamp === undefined &&
            (pod.spec.schedulerName ?? 'default-scheduler') === 'default-scheduler',
        )
        .sort(byTurn)
      if (waiting.length === 0) continue
      const bound = this.cache.list().filter((each) => each.spec.nodeName === this.context.nodeName)
      // Counted once a pass: a thousand pods that wait must not each count the thousand that are here.
      const room: Room = { bound, free: freeAmounts(machineCapacity().allocatable, bound) }
      for (const pod of waiting) {
        await this.bind(pod, room).catch((error) => {
          this.context.log.debug('binding failed', { ...refOf(pod), error })
          this.timer = setTimeout(() => this.schedule(), retryMs)
        })
      }
    }
  }

  private async bind(pod: Pod, room: Room): Promise<void> {
    const { client, nodeName, schedulerEvents: events, network } = this.context
    const { bound } = room
    const claimFault = this.context.claims.fault(pod, bound)
    if (claimFault !== null) return this.unschedulable(pod, `0/1 nodes are available: ${claimFault}. not found`)
    const node = this.nodes.get({ name: nodeName })
    if (node === undefined) return
    const reasons = unfitReasons(pod, room.free, node)
    if (network.mode === 'namespaced' && hasTakenHostPort(pod, bound))
      reasons.push("node(s) didn't have free ports for the requested pod ports")
    if (reasons.length > 0) {
      const alone = unfitReasons(pod, machineCapacity().allocatable, node).length === 0
      return this.unschedulable(pod, unschedulableMessage(reasons, alone))
    }
    // Claims that waited for this pod are bound first; the change of the claim brings the pod here again.
    if (!(await this.context.claims.bindClaims(pod))) return
    const done = await client.patch<Pod>(pods, refOf(pod), { metadata: { uid: pod.metadata.uid }, spec: { nodeName } })
    events.record(
      pod,
      'Normal',
      'Scheduled',
      `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${nodeName}`,
    )
    bound.push(done)
    room.free = freeAmounts(room.free, [done])
    this.cache.put(done)
  }

  /** Says once why a pod waits. */
  private async unschedulable(pod: Pod, message: string): Promise<void> {
    const { client, schedulerEvents: events, clock } = this.context
    const before = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled')
    if (before?.message === message) return
    events.record(pod, 'Warning', 'FailedScheduling', message)
    const condition: Condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: `${clock.now().toISOString().slice(0, 19)}Z`,
    }
    const others = pod.status?.conditions?.filter((each) => each.type !== 'PodScheduled') ?? []
    const status = { conditions: [...others, condition], qosClass: qosClass(pod) }
    this.cache.put(await client.patch<Pod>(pods, refOf(pod), { metadata: { uid: pod.metadata.uid }, status }, 'status'))
  }
}

/** The pods that are here, and what they leave of the machine. */
type Room = { bound: Pod[]; free: Amounts }

/** Higher priority first, then who waits longest. */
function byTurn(a: Pod, b: Pod): number {
  const [first = '', second = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp]
  return (b.spec.priority ?? 0) - (a.spec.priority ?? 0) || (first < second ? -1 : first > second ? 1 : 0)
}

/** A pod that only its folder knows: enough of it to end its containers. */
function orphan(record: PodRecord): Pod {
  const { namespace, name, uid } = record
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, uid },
    spec: { containers: [], restartPolicy: 'Never' },
  }
}
