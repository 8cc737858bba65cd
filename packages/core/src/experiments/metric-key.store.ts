import type { Db } from '@keelson/db'
import { textArray } from './arrays.ts'

const mostCached = 20_000
/** Keys are never renamed or deleted, so an id once known stays true. One cache per database (a transaction has its own). */
const caches = new WeakMap<Db, Map<string, number>>()

/**
 * The ids of metric names, made where they are new. Outside any transaction of the caller's own: a name that is there
 * without a point does no harm, and no two batches then wait for each other's names.
 */
export async function metricKeyIds(db: Db, names: readonly string[]): Promise<Map<string, number>> {
  const cache = caches.get(db) ?? new Map<string, number>()
  caches.set(db, cache)
  const missing = [...new Set(names)].filter((name) => !cache.has(name)).sort()
  if (missing.length > 0) {
    if (cache.size + missing.length > mostCached) cache.clear()
    for (const row of await ensureKeys(db, missing)) cache.set(row.name, row.id)
    // The cache may have been cleared under names that were known before.
    const lost = [...new Set(names)].filter((name) => !cache.has(name)).sort()
    if (lost.length > 0) for (const row of await ensureKeys(db, lost)) cache.set(row.name, row.id)
  }
  return new Map(names.map((name) => [name, cache.get(name) ?? -1]))
}

async function ensureKeys(db: Db, names: readonly string[]): Promise<{ name: string; id: number }[]> {
  const literal = textArray(names)
  // Only names that are really new touch the sequence.
  await db.query(
    `insert into metric_key (name) select n.name from unnest($1::text[]) as n(name)
     where not exists (select 1 from metric_key k where k.name = n.name) order by n.name
     on conflict (name) do nothing returning id`,
    literal,
  )
  return listKeys(db, names)
}

/** The ids of the metric names that exist; nothing is made. */
export async function knownMetricKeyIds(db: Db, names: readonly string[]): Promise<Map<string, number>> {
  const cache = caches.get(db) ?? new Map<string, number>()
  caches.set(db, cache)
  const missing = [...new Set(names)].filter((name) => !cache.has(name))
  if (missing.length > 0) for (const row of await listKeys(db, missing)) cache.set(row.name, row.id)
  return new Map(names.flatMap((name) => (cache.has(name) ? [[name, cache.get(name) ?? -1] as const] : [])))
}

function listKeys(db: Db, names: readonly string[]): Promise<{ name: string; id: number }[]> {
  return db.query('select id, name from metric_key where name = any($1::text[])', textArray(names))
}
