/** Jobs and their pods → Postgres, so that lists and history outlive them. Level-based: it may look again at any time. */
import { jobUidOf } from '@keelson/contracts/kinds'
import { type AnyJob, presentJobs, projectJob } from '@keelson/core/training'
import { done, type Informer, runReconciler, type Source, source } from '@keelson/kube'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'
import { asPlatform } from '../platform-actor.ts'
import { type Index, indexBy } from './pod-index.ts'

export function jobProjector({ base, informers, log, signal }: ControllerParts): RunningService {
  const ctx = asPlatform(base)
  const kinds: Informer<AnyJob>[] = [informers.jobs, ...informers.trainingJobs.values()]
  const jobs: Index<AnyJob>[] = kinds.map((informer) => indexBy(informer, (job) => job.metadata.uid))
  const pods = indexBy(informers.pods, jobUidOf)
  // What history holds to be there while the cluster may have lost it: without these, an absence would never be seen.
  const remembered: Source = {
    synced: Promise.resolve(),
    keys: () => [],
    subscribe: (onKey) => {
      const stop = new AbortController()
      const ask = async (): Promise<void> => {
        try {
          for (const { uid } of await presentJobs(ctx)) onKey(uid)
        } catch (error) {
          log.warn('history could not be read', { error })
          await base.clock.sleep(2_000, stop.signal)
          if (!stop.signal.aborted && !signal.aborted) return ask()
        }
      }
      void ask()
      return () => stop.abort()
    },
  }
  // Which namespaces are workspaces must be known before anything is written.
  const workspaces: Source = { synced: informers.profiles.synced, keys: () => [], subscribe: () => () => {} }
  return runReconciler({
    name: 'job-projector',
    sources: [
      workspaces,
      ...kinds.map((informer) =>
        source(informer, ({ metadata }) => (metadata.uid === undefined ? [] : [metadata.uid])),
      ),
      source(informers.pods, (pod) => [jobUidOf(pod)].filter((uid) => uid !== undefined)),
      remembered,
    ],
    reconcile: async (uid) => {
      const [job = null] = jobs.flatMap((index) => index.get(uid))
      // Jobs of the cluster's own namespaces are nobody's training.
      if (job && !informers.profiles.get({ name: job.metadata.namespace ?? '' })) return done
      await projectJob(ctx, { uid, job, pods: pods.get(uid) })
      return done
    },
    log,
    signal,
  })
}
