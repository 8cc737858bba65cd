/**
 * Container logs → Postgres, line for line, while they are written and for good.
 *
 * Pods of jobs are held by a finalizer until their log is kept to its end: a job that is deleted right after its last line,
 * or while no controller runs, would otherwise take its log with it (Kubernetes' own job controller holds its pods in the
 * same way until it has counted them). Pods of endpoints are not held: they live long, and a rollout must not wait for us.
 */
import { jobUidOf } from '@keelson/contracts/kinds'
import type { Ctx } from '@keelson/core/context'
import {
  type ContainerRun,
  closeLog,
  closeLogsOfPod,
  containerRuns,
  giveUpLog,
  isOver,
  keepLog,
  type Pod,
  podsOfOpenLogs,
  projectPod,
} from '@keelson/core/training'
import {
  after,
  done,
  type KubeApi,
  KubeRefusal,
  type ReconcileResult,
  resources,
  runReconciler,
  type Source,
  source,
} from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import type { Logger } from '@keelson/process/logger'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'
import { asPlatform } from '../platform-actor.ts'
import { createFollowers, type Followers } from './log-followers.ts'
import { indexBy } from './pod-index.ts'

export const logFinalizer = 'keelson.dev/logs'
/** KServe's label on the pods of an InferenceService. */
const endpointLabel = 'serving.kserve.io/inferenceservice'
/** Of a pod that is to go, or a log that is not there, an ended run is given up after this many tries (a minute in all). */
const mostTries = 8
const lastLinesMs = 5_000
const overdueMs = 120_000

export function logKeeper({ base, informers, log, signal }: ControllerParts): RunningService {
  const ctx = asPlatform(base)
  const pods = indexBy(informers.pods, (pod) => pod.metadata.uid)
  let wake: (uid: string) => void = () => {}
  const followers = createFollowers((run, stop) => keepLog(ctx, run, { follow: true, signal: stop }), {
    onEnd: (run) => wake(run.podUid),
    log,
    signal,
  })
  const finish = createFinisher(ctx, followers, log)
  const remembered: Source = {
    synced: informers.profiles.synced,
    keys: () => pods.keys(),
    subscribe: (onKey) => {
      wake = onKey
      podsOfOpenLogs(ctx).then(
        (uids) => uids.forEach(onKey),
        (error) => log.warn('open logs could not be read', { error }),
      )
      return () => {}
    },
  }
  const reconcile = async (uid: string): Promise<ReconcileResult> => {
    const [pod] = pods.get(uid)
    if (!pod) return forget(ctx, followers, uid)
    const inWorkspace = informers.profiles.get({ name: pod.metadata.namespace ?? '' }) !== undefined
    if (!isHeld(pod) && !(inWorkspace && isWanted(pod))) return done
    if (jobUidOf(pod) !== undefined && !isHeld(pod) && !isOver(pod)) await hold(ctx.kube, pod)
    const runs = containerRuns(pod)
    const growing = runs.filter((run) => !run.ended)
    for (const run of growing) followers.follow(run)
    let open = growing.length
    for (const run of runs.filter((each) => each.ended)) open += (await finish(run, pod)) ? 0 : 1
    if (open > 0 && !isOverdue(pod, ctx.clock.now())) return lookAgain(pod, followers.count(uid))
    if (open > 0) await closeLogsOfPod(ctx, uid)
    if (isHeld(pod) && mayGo(pod, ctx.clock.now())) await release(ctx, pod)
    return done
  }
  return runReconciler({
    name: 'log-keeper',
    sources: [source(informers.pods, ({ metadata }) => (metadata.uid === undefined ? [] : [metadata.uid])), remembered],
    reconcile,
    workers: 4,
    log,
    signal,
  })
}

/** The pod is gone. The server ends its stream after the last line, which may still be on its way: only one that hangs is cut. */
async function forget(ctx: Ctx, followers: Followers, uid: string): Promise<ReconcileResult> {
  if (followers.count(uid) > 0) {
    followers.stop(uid, lastLinesMs)
    return after(lastLinesMs + 500)
  }
  await closeLogsOfPod(ctx, uid)
  return done
}

/** While a follower reads, its end wakes us; else, and where a pod is on its way out, time does. */
function lookAgain(pod: Pod, following: number): ReconcileResult {
  if (isOver(pod) || following === 0) return after(1_000)
  return pod.metadata.deletionTimestamp === undefined ? done : after(10_000)
}

function isWanted(pod: Pod): boolean {
  return jobUidOf(pod) !== undefined || pod.metadata.labels?.[endpointLabel] !== undefined
}

/** Keeps the log of a run that has ended to its end; true when that is done, or can never be. */
function createFinisher(ctx: Ctx, followers: Followers, log: Logger) {
  const tries = new Map<string, number>()
  return async (run: ContainerRun, pod: Pod): Promise<boolean> => {
    const key = `${run.podUid}/${run.container}/${run.restart}`
    // The follower of this run is at its last lines: it wakes us when it has them.
    if (followers.has(run)) return false
    try {
      const { complete } = await keepLog(ctx, run, { follow: false, signal: ctx.signal })
      if (!complete && !ctx.signal.aborted) await closeLog(ctx, run)
      tries.delete(key)
      return !ctx.signal.aborted
    } catch (error) {
      const tried = (tries.get(key) ?? 0) + 1
      tries.set(key, tried)
      if (!isHopeless(error, pod, tried)) throw error
      tries.delete(key)
      log.warn('a log was given up', { namespace: run.workspace, name: run.pod, error })
      await giveUpLog(ctx, run, error instanceof AppError ? error.message : 'it could not be read.')
      return true
    }
  }
}

async function release(ctx: Ctx, pod: Pod): Promise<void> {
  const jobUid = jobUidOf(pod)
  if (jobUid !== undefined) await projectPod(ctx, jobUid, pod)
  await letGo(ctx.kube, pod)
}

/** A node that is away comes back, a log that is not there does not; and a pod that is to go is not held up for ever. */
function isHopeless(error: unknown, pod: Pod, tried: number): boolean {
  if (!(error instanceof AppError)) return false
  if (error.code === 'not_found') return true
  if (tried < mostTries) return false
  return (
    error.code === 'invalid' ||
    (error.code === 'unavailable' && error.cause instanceof KubeRefusal && pod.metadata.deletionTimestamp !== undefined)
  )
}

function isHeld(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(logFinalizer) === true
}

/** A pod is let go when nothing of it will run again: at its end, or when it is deleted and no container is running. */
function mayGo(pod: Pod, now: Date): boolean {
  if (isOver(pod) || isOverdue(pod, now)) return true
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {}
  const isRunning = [...initContainerStatuses, ...containerStatuses].some(({ state }) => state?.running !== undefined)
  return pod.metadata.deletionTimestamp !== undefined && !isRunning
}

/** Its end (grace included) was due long ago: the node is lost, and nobody shall wait for us. */
function isOverdue(pod: Pod, now: Date): boolean {
  const due = pod.metadata.deletionTimestamp
  return due !== undefined && now.getTime() - Date.parse(due) > overdueMs
}

async function hold(kube: KubeApi, pod: Pod): Promise<void> {
  await writeFinalizers(kube, pod, (present) => [...present, logFinalizer])
}

async function letGo(kube: KubeApi, pod: Pod): Promise<void> {
  await writeFinalizers(kube, pod, (present) => present.filter((each) => each !== logFinalizer))
}

/**
 * Changes the finalizers of exactly this pod. The version guards those of others in the same list; the kubelet and the job
 * controller write to a young pod often, and to be late here could cost a log, so a conflict is met at once.
 */
async function writeFinalizers(
  kube: KubeApi,
  pod: Pod,
  change: (present: readonly string[]) => string[],
): Promise<void> {
  const { name = '', namespace, uid } = pod.metadata
  let present = pod
  for (let left = 4; left >= 0; left -= 1) {
    const { resourceVersion, finalizers = [], deletionTimestamp } = present.metadata
    const wanted = change(finalizers)
    if (wanted.length === finalizers.length || (deletionTimestamp !== undefined && wanted.length > finalizers.length))
      return
    try {
      await kube.patch(resources.pods, { namespace, name }, { metadata: { resourceVersion, finalizers: wanted } })
      return
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error.code === 'not_found') return
      if (error.code !== 'conflict' || left === 0) throw error
    }
    const newest = await kube.find<Pod>(resources.pods, { namespace, name })
    if (newest?.metadata.uid !== uid || newest === null) return
    present = newest
  }
}
