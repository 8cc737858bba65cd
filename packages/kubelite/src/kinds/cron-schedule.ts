/** Schedules of CronJobs. Fields are read by `croner`; `@every` is an interval, as in robfig/cron. */
import { Cron } from 'croner'

const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

/** `1h30m` in milliseconds; null when it is no duration. */
function durationMs(text: string): number | null {
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return null
  let total = 0
  for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g))
    total += Number(amount) * (units[unit] ?? 0)
  return total
}

export type Schedule = {
  /** The first time after `date`; null when there is none. */
  next(date: Date): Date | null
}

/** Throws with a text for people when `text` is no schedule of five fields, no `@name` and no `@every` interval. */
export function parseSchedule(text: string, timeZone?: string): Schedule {
  const every = /^@every (.+)$/.exec(text.trim())
  if (every) {
    const interval = durationMs(every[1] ?? '')
    if (interval === null) throw new Error(`failed to parse duration ${text}: time: invalid duration "${every[1]}"`)
    const step = Math.max(1_000, interval - (interval % 1_000))
    return { next: (date) => new Date(Math.floor(date.getTime() / 1_000) * 1_000 + step) }
  }
  const fields = text.trim().split(/\s+/)
  if (!text.trim().startsWith('@') && fields.length !== 5)
    throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  const pattern = text.trim() === '@reboot' ? fail(`unrecognized descriptor: ${text}`) : text.trim()
  // A stated day of the month and a stated weekday: either one matches, as in cron.
  const cron = new Cron(pattern.replaceAll('?', '*'), { paused: true, timezone: timeZone ?? 'UTC', domAndDow: false })
  return { next: (date) => cron.nextRun(date) }
}

function fail(message: string): never {
  throw new Error(message)
}

/** Why `timeZone` is none, in Go's words; null when it is one. */
export function timeZoneFault(timeZone: string): string | null {
  if (timeZone === '') return 'timeZone must be nil or non-empty string'
  if (timeZone.split('/').some((part) => part === '.' || part === '..' || !/^[A-Za-z0-9+_][A-Za-z0-9+_-]*$/.test(part)))
    return `unknown time zone ${timeZone}`
  if (timeZone.toLowerCase() === 'local')
    return 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return null
  } catch {
    return `unknown time zone ${timeZone}`
  }
}
