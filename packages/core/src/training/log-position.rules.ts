/**
 * Where the keeping of one container's log goes on after any interruption, without a line lost or kept twice.
 *
 * The kubelet can be asked for the lines from a second on (`sinceTime`; the API server passes on whole seconds), and what it
 * then gives is, in order, all lines of the file with such a time: a sequence that only grows at its end. So the position is
 * a second and how many of the lines from there on are kept already: those are skipped. Lines of stdout and stderr may
 * stand slightly out of the order of their times; therefore the second lies behind the newest line's by `lagSeconds`.
 */
export type LogPosition = {
  /** Seconds since 1970 to ask from; null = from the beginning. */
  sinceSeconds: number | null
  /** Lines from `sinceSeconds` on that are kept already. */
  count: number
}

const lagSeconds = 2

export type StampedLine = { at: string; seconds: number; text: string }

/** `2026-11-23T10:00:00.123456789Z text`, as `timestamps=true` gives it; null when the line does not begin with a time. */
export function parseStamped(line: string): StampedLine | null {
  const space = line.indexOf(' ')
  const at = space < 0 ? line : line.slice(0, space)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(at)) return null
  return { at, seconds: Math.floor(Date.parse(at) / 1_000), text: space < 0 ? '' : line.slice(space + 1) }
}

/** Follows the lines of one reading and knows the position after each. */
export type LogCursor = {
  /** To be asked for each line read, in order: true when it is new and is to be kept. */
  isNew(line: StampedLine): boolean
  /** The position after the last line that was asked about. */
  position(): LogPosition
}

/**
 * @param from the position that was kept last
 * @param newestKept the newest time among the kept lines: a line that is newer cannot be among those to skip. So that a
 *   file that was rotated away in between costs no lines.
 */
export function createCursor(from: LogPosition, newestKept: string | null): LogCursor {
  let toSkip = from.count
  let newest = from.sinceSeconds ?? Number.NEGATIVE_INFINITY
  /** Lines seen, by their second; only those that the next position may need. */
  const seen = new Map<number, number>()
  const keptUntil = newestKept === null ? null : Date.parse(newestKept)
  const base = from.sinceSeconds ?? Number.NEGATIVE_INFINITY
  const start = () => Math.max(base, newest - lagSeconds)
  return {
    isNew: (line) => {
      newest = Math.max(newest, line.seconds)
      seen.set(line.seconds, (seen.get(line.seconds) ?? 0) + 1)
      for (const second of seen.keys()) if (second < start()) seen.delete(second)
      if (toSkip === 0) return true
      if (keptUntil !== null && Date.parse(line.at) > keptUntil) {
        toSkip = 0
        return true
      }
      toSkip -= 1
      return false
    },
    position: () => {
      const sinceSeconds = start()
      if (!Number.isFinite(sinceSeconds)) return from
      let count = 0
      for (const [second, lines] of seen) if (second >= sinceSeconds) count += lines
      return { sinceSeconds, count }
    },
  }
}
