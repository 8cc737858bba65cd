import type { Ctx } from '../context/index.ts'

const quietMs = 1_000
const pending = new Map<string, NodeJS.Timeout>()

/**
 * Tells browsers that a run changed, at most once a second and run: a NOTIFY in every metric's transaction would make all
 * of them wait for one lock. Outside the transaction of the change, so only for what may be told late or not at all.
 */
export function announceRun(ctx: Pick<Ctx, 'db' | 'log'>, workspace: string, runId: string): void {
  if (pending.has(runId)) return
  const timer = setTimeout(() => {
    pending.delete(runId)
    ctx.db
      .publish({ workspace, topic: 'runs', id: runId })
      .catch((error) => ctx.log.debug('a change could not be announced', { error }))
  }, quietMs)
  timer.unref()
  pending.set(runId, timer)
}
