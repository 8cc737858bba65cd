import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Ctx } from '../context/index.ts'
import { type EventRow, events } from './event.store.ts'

/** core/v1 Event, written by old components with counts and by new ones (events.k8s.io) with a series. */
export type KubeEvent = KubeObject & {
  type?: string
  reason?: string
  message?: string
  count?: number
  firstTimestamp?: string | null
  lastTimestamp?: string | null
  eventTime?: string | null
  series?: { count?: number; lastObservedTime?: string }
  source?: { component?: string }
  reportingComponent?: string
  involvedObject?: { kind?: string; name?: string; uid?: string }
}

/** Writes events down, longer than the cluster keeps them. Repeating it changes nothing. */
export async function projectEvents(ctx: Ctx, seen: readonly KubeEvent[]): Promise<void> {
  const rows = new Map(seen.map((event) => [event.metadata.uid ?? '', eventRow(event, ctx.clock.now())]))
  rows.delete('')
  if (rows.size === 0) return
  await ctx.db.transaction(async (db) => {
    for (const workspace of await events.put(db, [...rows.values()])) {
      await db.publish({ workspace, topic: 'activity', id: null })
    }
  })
}

export function eventRow(event: KubeEvent, now: Date): EventRow {
  const { involvedObject: object = {}, series } = event
  const at =
    series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.firstTimestamp ??
    event.metadata.creationTimestamp
  return {
    uid: event.metadata.uid ?? '',
    workspace: event.metadata.namespace ?? '',
    at: new Date(at ?? now).toISOString(),
    level: event.type === 'Warning' ? 'warning' : 'normal',
    reason: event.reason ?? '',
    message: (event.message ?? '').replaceAll('\u0000', '\uFFFD'),
    count: series?.count ?? event.count ?? 1,
    source: event.reportingComponent || event.source?.component || null,
    objectKind: object.kind ?? '',
    objectName: object.name ?? '',
    objectUid: object.uid ?? null,
  }
}
