import type { ActivityEntry } from '@keelson/contracts/activity'

const withinMs = 60_000
/** What comes in batches. Of others the sentence does not tell all: two moves of a version are two. */
const batched: ReadonlySet<string> = new Set(['labels.submit'])

/** Joins batches that the same person sent within a minute: the newest stays, counted. Newest first. */
export function foldEntries(items: readonly ActivityEntry[]): ActivityEntry[] {
  const folded: ActivityEntry[] = []
  for (const item of items) {
    const last = folded.at(-1)
    const isSame =
      last?.source === 'audit' &&
      batched.has(last.reason) &&
      item.source === 'audit' &&
      last.message === item.message &&
      last.actor === item.actor &&
      Date.parse(last.at) - Date.parse(item.at) < withinMs
    if (last && isSame) folded[folded.length - 1] = { ...last, count: last.count + item.count }
    else folded.push(item)
  }
  return folded
}
