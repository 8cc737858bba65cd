import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@keelson/process/clock'

const freeTries = 5
const maxWaitMs = 5 * 60_000
const maxKept = 10_000

export type PasswordLimit = {
  /** Milliseconds to wait before this e-mail may be tried again; 0 = now. */
  waitMs(email: string): number
  failed(email: string): void
  succeeded(email: string): void
}

/** After five wrong passwords each further one doubles the wait, from two seconds to five minutes. */
export function createPasswordLimit(clock: Clock): PasswordLimit {
  const tries = new Map<string, { failures: number; until: number }>()
  return {
    waitMs: (email) => Math.max(0, (tries.get(email)?.until ?? 0) - clock.now().getTime()),
    failed: (email) => {
      const failures = (tries.get(email)?.failures ?? 0) + 1
      const [oldest] = tries.keys()
      if (tries.size >= maxKept && oldest !== undefined) tries.delete(oldest)
      const waitMs = failures < freeTries ? 0 : Math.min(maxWaitMs, 1_000 * 2 ** (failures - freeTries + 1))
      tries.set(email, { failures, until: clock.now().getTime() + waitMs })
    },
    succeeded: (email) => void tries.delete(email),
  }
}

/** Takes the same time for any pair of texts. */
export function samePassword(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text, 'utf8').digest()
  return timingSafeEqual(hash(given), hash(expected))
}
