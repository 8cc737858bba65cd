/**
 * Container logs → Postgres, line for line, while they are written and for good.
 *
 * Pods of jobs are held by a finalizer until their log is kept to its end: a job that is deleted right after its last line,
 * or while no controller runs, would otherwise take its log with it (Kubernetes' own job controller holds its pods in the
 * same way until it has counted them). Pods of endpoints are not held: they live long, and a rollout must not wait for us.
 */
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
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'
import { asPlatform } from '../platform-actor.ts'
import { createFollowers } from './log-followers.ts'
import { indexBy, jobUidOf } from './pod-index.ts'

export const logFinalizer = 'keelson.dev/logs'
/** KServe's label on the pods of an InferenceService. */
const endpointLabel = 'serving.kserve.io/inferenceservice'
/** Of a pod that is to go, or a log that is not there, an ended run is given up after this many tries (a minute in all). */
const mostTries = 8
const lastLinesMs = 5_000

export function logKeeper({ base, informers, log, signal }: ControllerParts): RunningService {
  const ctx = asPlatform(base)
  const pods = indexBy(informers.pods, (pod) => pod.metadata.uid)
  const tries = new Map<string, number>()
  let wake: (uid: string) => void = () => {}
  const followers = createFollowers((run, stop) => keepLog(ctx, run, { follow: true, signal: stop }), {
    onEnd: (run) => wake(run.podUid),
    log,
    signal,
  })
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
    if (!pod) {
      // The server ends the stream after the last line, which may still be on its way: the cut is only for one that hangs.
      if (followers.count(uid) > 0) {
        followers.stop(uid, lastLinesMs)
        return after(lastLinesMs + 500)
      }
      await closeLogsOfPod(ctx, uid)
      return done
    }
    const isJob = jobUidOf(pod) !== undefined
    const inWorkspace = informers.profiles.get({ name: pod.metadata.namespace ?? '' }) !== undefined
    if (!inWorkspace && !isHeld(pod)) return done
    if (!isJob && pod.metadata.labels?.[endpointLabel] === undefined) return done
    if (isJob && !isHeld(pod) && !isOver(pod) && pod.metadata.deletionTimestamp === undefined) await hold(ctx.kube, pod)
    let open = 0
    for (const run of containerRuns(pod)) {
      if (run.ended) open += (await finish(run, pod)) ? 0 : 1
      else {
        open += 1
        followers.follow(run)
      }
    }
    if (open > 0) return isOver(pod) || followers.count(uid) === 0 ? after(1_000) : done
    if (!isHeld(pod) || !mayGo(pod)) return done
    const jobUid = jobUidOf(pod)
    if (jobUid !== undefined) await projectPod(ctx, jobUid, pod)
    await letGo(ctx.kube, pod)
    return done
  }

  /** True when the log of an ended run is kept to its end. */
  const finish = async (run: ContainerRun, pod: Pod): Promise<boolean> => {
    const key = `${run.podUid}/${run.container}/${run.restart}`
    // The follower of this run is at its last lines: it wakes us when it has them.
    if (followers.has(run)) return false
    try {
      const { complete } = await keepLog(ctx, run, { follow: false, signal })
      if (!complete && !signal.aborted) await closeLog(ctx, run)
      tries.delete(key)
      return !signal.aborted
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

  return runReconciler({
    name: 'log-keeper',
    sources: [source(informers.pods, ({ metadata }) => (metadata.uid === undefined ? [] : [metadata.uid])), remembered],
    reconcile,
    workers: 4,
    log,
    signal,
  })
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
function mayGo(pod: Pod): boolean {
  if (isOver(pod)) return true
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {}
  return (
    pod.metadata.deletionTimestamp !== undefined &&
    [...initContainerStatuses, ...containerStatuses].every(({ state }) => state?.running === undefined)
  )
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
