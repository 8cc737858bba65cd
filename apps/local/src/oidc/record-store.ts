import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import { writeWhole } from '../home/home.ts'

type Kept = { model: string; id: string; payload: AdapterPayload; expiresAt: number | null }

/**
 * What the provider remembers (sessions, grants, codes), one small file each, so that a sign-in outlives a restart. Files that are
 * damaged or too old are deleted when they are met: the person signs in again.
 */
export type RecordStore = { adapter: (model: string) => Adapter; prune(): void }

export function openRecordStore(folder: string, now: () => number = Date.now): RecordStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const records = readAll(folder)
  const keyOf = (model: string, id: string) => `${model}:${id}`
  const fileOf = (key: string) => join(folder, `${createHash('sha256').update(key).digest('hex')}.json`)
  const put = (kept: Kept) => {
    const key = keyOf(kept.model, kept.id)
    records.set(key, kept)
    writeWhole(fileOf(key), JSON.stringify(kept))
  }
  const drop = (key: string) => {
    records.delete(key)
    rmSync(fileOf(key), { force: true })
  }
  const find = (key: string): Kept | undefined => {
    const kept = records.get(key)
    if (kept === undefined || kept.expiresAt === null || kept.expiresAt > now()) return kept
    drop(key)
    return undefined
  }
  const prune = () => {
    for (const key of [...records.keys()]) find(key)
  }
  prune()
  const search = (model: string, fits: (payload: AdapterPayload) => boolean) => {
    for (const [key, kept] of records) if (kept.model === model && fits(kept.payload)) return find(key)?.payload
    return undefined
  }
  return {
    prune,
    adapter: (model) => ({
      upsert: async (id, payload, expiresIn) =>
        put({ model, id, payload, expiresAt: expiresIn ? now() + expiresIn * 1000 : null }),
      find: async (id) => find(keyOf(model, id))?.payload,
      findByUid: async (uid) => search(model, (payload) => payload.uid === uid),
      findByUserCode: async (userCode) => search(model, (payload) => payload.userCode === userCode),
      consume: async (id) => {
        const kept = find(keyOf(model, id))
        if (kept) put({ ...kept, payload: { ...kept.payload, consumed: Math.floor(now() / 1000) } })
      },
      destroy: async (id) => drop(keyOf(model, id)),
      revokeByGrantId: async (grantId) => {
        for (const [key, kept] of [...records]) if (kept.payload.grantId === grantId) drop(key)
      },
    }),
  }
}

function readAll(folder: string): Map<string, Kept> {
  const records = new Map<string, Kept>()
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    try {
      const kept = JSON.parse(readFileSync(path, 'utf8')) as Kept
      if (typeof kept.model !== 'string' || typeof kept.id !== 'string' || typeof kept.payload !== 'object')
        throw new Error('no record')
      records.set(`${kept.model}:${kept.id}`, kept)
    } catch {
      rmSync(path, { force: true })
    }
  }
  return records
}
