/**
 * What the pods of jobs use → Postgres, while they run: one question to the metrics API for all of them, every few seconds, and
 * none while no job runs. A cluster without that API is asked again now and then.
 */
import { jobUidOf } from '@keelson/contracts/kinds'
import { keepUsage, type PodMetrics, podMetrics, usageOf } from '@keelson/core/training'
import { AppError } from '@keelson/process/app-error'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'
import { asPlatform } from '../platform-actor.ts'

const lookEveryMs = 10_000
/** While nothing runs nobody is asked, and the first pod that does is measured soon: many jobs are short. */
const idleMs = 1_000
/** Until then a cluster that measures nothing is left in peace. */
const quietMs = 60_000

export function usageSampler({ base, informers, log, signal }: ControllerParts): RunningService {
  const ctx = asPlatform(base)
  /** The newest measurement of each pod that was kept: the API gives the same one until there is another. */
  let newest = new Map<string, string>()
  const look = async () => {
    const running = new Map(
      informers.pods.list().flatMap((pod) => {
        const { namespace = '', name = '' } = pod.metadata
        const isOurs = pod.status?.phase === 'Running' && jobUidOf(pod) !== undefined
        return isOurs && informers.profiles.get({ name: namespace }) ? [[`${namespace}/${name}`, pod]] : []
      }),
    )
    if (running.size === 0) {
      newest.clear()
      return idleMs
    }
    const { items } = await base.kube.list<PodMetrics>(podMetrics)
    const seen = new Map<string, string>()
    const used = items.flatMap((measured) => {
      const key = `${measured.metadata.namespace}/${measured.metadata.name}`
      const pod = running.get(key)
      const uid = pod?.metadata.uid
      if (!pod || uid === undefined || measured.timestamp === undefined) return []
      seen.set(uid, measured.timestamp)
      return newest.get(uid) === measured.timestamp ? [] : usageOf(pod, measured)
    })
    await keepUsage(ctx, used)
    newest = seen
    return lookEveryMs
  }
  const run = async () => {
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.race([stopped, Promise.all([informers.pods.synced, informers.profiles.synced])])
    let isMissing = false
    while (!signal.aborted) {
      let waitMs = quietMs
      try {
        waitMs = await look()
        isMissing = false
      } catch (error) {
        // No such API, or one whose server is away (503): said once, asked again.
        const expected = error instanceof AppError && error.code !== 'internal'
        if (!expected || !isMissing)
          log[expected ? 'info' : 'warn']('what pods use is not to be had just now', { error })
        isMissing = true
      }
      await base.clock.sleep(waitMs, signal)
    }
  }
  const done = run().catch((error) => {
    if (!signal.aborted) throw error
  })
  return { done, stop: () => done }
}
