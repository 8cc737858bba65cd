import { randomBytes } from 'node:crypto'
import type { Credential, IdentityResolver } from '@keelson/core/access'
import type { Clock } from '@keelson/process/clock'

/** What somebody may see on the content site: one folder of artifacts, as long as what let them in is good. */
export type Ticket = { workspace: string; folder: string; path: string; credential: Credential }

export type Tickets = {
  /** A code for one use within a minute. */
  issueCode(ticket: Ticket): string
  /** The ticket's cookie and path; null when the code is unknown, used or old. */
  redeem(code: string): { secret: string; ticket: Ticket } | null
  find(secret: string): Ticket | null
  stop(): void
}

const codeTtlMs = 60_000
export const ticketTtlMs = 10 * 60_000
const maxKept = 10_000

type Kept = { ticket: Ticket; until: number }

/** Kept in memory: a restart asks people to open the artifact again. */
export function createTickets(clock: Clock): Tickets {
  const codes = new Map<string, Kept>()
  const tickets = new Map<string, Kept>()
  const put = (map: Map<string, Kept>, ticket: Ticket, ttlMs: number): string => {
    const [oldest] = map.keys()
    if (map.size >= maxKept && oldest !== undefined) map.delete(oldest)
    const secret = randomBytes(32).toString('base64url')
    map.set(secret, { ticket, until: clock.now().getTime() + ttlMs })
    return secret
  }
  const take = (map: Map<string, Kept>, secret: string): Ticket | null => {
    const kept = map.get(secret)
    return kept !== undefined && kept.until > clock.now().getTime() ? kept.ticket : null
  }
  const prune = setInterval(() => {
    const now = clock.now().getTime()
    for (const map of [codes, tickets]) for (const [secret, { until }] of map) if (until <= now) map.delete(secret)
  }, codeTtlMs)
  prune.unref()
  return {
    issueCode: (ticket) => put(codes, ticket, codeTtlMs),
    redeem: (code) => {
      const ticket = take(codes, code)
      codes.delete(code)
      return ticket === null ? null : { secret: put(tickets, ticket, ticketTtlMs), ticket }
    },
    find: (secret) => take(tickets, secret),
    stop: () => clearInterval(prune),
  }
}

/** Throws `unauthenticated` when what opened the ticket has ended since. */
export async function recheck(identities: IdentityResolver, ticket: Ticket) {
  return (await identities.resolve(ticket.credential)).actor
}
