/** Kubernetes events of workspaces → Postgres. The cluster forgets them after an hour; people ask later. */
import { type KubeEvent, projectEvents } from '@keelson/core/activity'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'
import { asPlatform } from '../platform-actor.ts'

const gatherMs = 250
const mostAtOnce = 500
const retryMs = 2_000

/** Events come in bursts (a hundred for one job), so they are gathered for a moment and written together. */
export function eventProjector({ base, informers, log, signal }: ControllerParts): RunningService {
  const ctx = asPlatform(base)
  const waiting = new Map<string, KubeEvent>()
  let wake = () => {}
  const forget = informers.events.onEvent(({ type, object }) => {
    if (type === 'deleted' || object.metadata.uid === undefined) return
    waiting.set(object.metadata.uid, object)
    wake()
  })
  const take = (): KubeEvent[] => {
    const batch: KubeEvent[] = []
    for (const [uid, event] of waiting) {
      if (batch.length === mostAtOnce) break
      waiting.delete(uid)
      if (informers.profiles.get({ name: event.metadata.namespace ?? '' })) batch.push(event)
    }
    return batch
  }
  const run = async () => {
    await informers.profiles.synced.catch(() => {})
    while (!signal.aborted) {
      if (waiting.size === 0) await nextEvent()
      await base.clock.sleep(gatherMs, signal)
      const batch = take()
      try {
        if (!signal.aborted) await projectEvents(ctx, batch)
      } catch (error) {
        log.warn('events could not be written', { error })
        for (const event of batch)
          if (!waiting.has(event.metadata.uid ?? '')) waiting.set(event.metadata.uid ?? '', event)
        await base.clock.sleep(retryMs, signal)
      }
    }
  }
  const nextEvent = () =>
    new Promise<void>((resolve) => {
      wake = resolve
    })
  signal.addEventListener('abort', () => wake(), { once: true })
  const done = run()
  return { done, stop: async () => forget() }
}
