/** Runs that their pod left RUNNING when it ended or vanished → FAILED. The client in the pod can no longer say so itself. */
import { closeAbandonedRuns } from '@keelson/core/experiments'
import { isOver, type Pod, podFacts, unendedPods } from '@keelson/core/training'
import { after, done, type ReconcileResult, runReconciler, type Source, source } from '@keelson/kube'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'
import { asPlatform } from '../platform-actor.ts'
import { indexBy } from './pod-index.ts'

/** What the pod sent just before its end may still be on its way. */
const graceMs = 3_000
const lookEveryMs = 15_000

export function runKeeper({ base, informers, log, signal }: ControllerParts): RunningService {
  const ctx = asPlatform(base)
  const pods = indexBy(informers.pods, (pod) => pod.metadata.uid)
  const firstMissed = new Map<string, number>()
  const openRuns: Source = {
    synced: Promise.resolve(),
    keys: () => [],
    subscribe: (onKey) => {
      const look = async () => {
        for (const uid of await unendedPods(ctx)) onKey(uid)
      }
      const timer = setInterval(
        () => look().catch((error) => log.warn('open runs could not be read', { error })),
        lookEveryMs,
      )
      look().catch((error) => log.warn('open runs could not be read', { error }))
      return () => clearInterval(timer)
    },
  }
  const reconcile = async (uid: string): Promise<ReconcileResult> => {
    const [pod] = pods.get(uid)
    if (pod && !isOver(pod)) {
      firstMissed.delete(uid)
      return done
    }
    const endedAt = firstMissed.get(uid) ?? Date.now()
    firstMissed.set(uid, endedAt)
    const left = endedAt + graceMs - Date.now()
    if (left > 0) return after(left)
    firstMissed.delete(uid)
    const closed = await closeAbandonedRuns(ctx, { podUid: uid, reason: reasonOf(pod) })
    if (closed.length > 0) log.info('abandoned runs closed', { runs: closed, podUid: uid })
    return done
  }
  return runReconciler({
    name: 'run-keeper',
    sources: [source(informers.pods, (pod) => (isOver(pod) && pod.metadata.uid ? [pod.metadata.uid] : [])), openRuns],
    reconcile,
    log,
    signal,
  })
}

function reasonOf(pod: Pod | undefined): string {
  if (!pod) return 'Its pod is gone.'
  const { message } = podFacts(pod).status
  return `Its pod ended before the run did${message ? `: ${message}` : '.'}`
}
