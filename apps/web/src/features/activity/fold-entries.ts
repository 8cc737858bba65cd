import type { ActivityEntry } from '@keelson/contracts/activity'

const withinMs = 60_000

/** Joins neighbours that say the same of the same person within a minute: the newest stays, counted. Newest first. */
export function foldEntries(items: readonly ActivityEntry[]): ActivityEntry[] {
  const folded: ActivityEntry[] = []
  for (const item of items) {
    const last = folded.at(-1)
    const isSame =
      last?.source === 'audit' &&
      item.source === 'audit' &&
      last.message === item.message &&
      last.actor === item.actor &&
      Date.parse(last.at) - Date.parse(item.at) < withinMs
    if (last && isSame) folded[folded.length - 1] = { ...last, count: last.count + item.count }
    else folded.push(item)
  }
  return folded
}
