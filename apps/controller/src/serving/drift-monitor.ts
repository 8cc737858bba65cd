/** Computes drift again when enough new predictions came. One endpoint that cannot be compared does not stop the others. */
import { withActor } from '@keelson/core/context'
import { computeDrift, driftDue } from '@keelson/core/monitoring'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'

const lookEveryMs = 3_000
/** An endpoint without training data is looked at again after this time. */
const quietMs = 120_000

export function driftMonitor({ base, log, signal }: ControllerParts): RunningService {
  const ctx = withActor(base, { kind: 'platform', username: 'keelson-controller', groups: [] })
  const quietUntil = new Map<string, number>()
  const look = async () => {
    for (const { workspace, name, uid } of await driftDue(ctx)) {
      if (signal.aborted) return
      const now = base.clock.now().getTime()
      if ((quietUntil.get(uid) ?? 0) > now) continue
      const started = performance.now()
      try {
        const result = await computeDrift(ctx, { workspace, endpoint: name })
        if (!result.computed) quietUntil.set(uid, now + quietMs)
        log.info('drift', { workspace, name, durationMs: Math.round(performance.now() - started), ...result })
      } catch (error) {
        quietUntil.set(uid, now + quietMs)
        log.warn('drift could not be computed', { workspace, name, error })
      }
    }
  }
  const run = async () => {
    while (!signal.aborted) {
      await look().catch((error) => log.warn('the drift monitor waits for the database', { error }))
      await base.clock.sleep(lookEveryMs, signal)
    }
  }
  const done = run()
  return { done, stop: () => done }
}
