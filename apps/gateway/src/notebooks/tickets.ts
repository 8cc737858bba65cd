/**
 * What opens a web app: a code for one use, and the cookie that it becomes. Both are sealed with the installation's secret and hold
 * what they say, so that an open page outlives a restart of the gateway and any replica takes them.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { type Credential, sessionTtlMs } from '@keelson/core/access'
import { type WebAppName, webAppKinds } from '@keelson/core/webapps'
import type { Clock } from '@keelson/process/clock'
import { z } from 'zod'

/** One web app, by its uid, for as long as what let somebody in is good: it is asked at every request. */
export type WebAppTicket = WebAppName & {
  uid: string
  /** Path and query inside the prefix, to begin with. */
  start: string
  credential: Credential
}

export type WebAppTickets = {
  /** A code for one use within half a minute. */
  issueCode(ticket: WebAppTicket): string
  /** The cookie's value and the ticket; null when the code is no code, used or old. */
  redeem(code: string): { cookie: string; ticket: WebAppTicket } | null
  /** The ticket of a cookie; null when it is none of ours, or too old. */
  read(cookie: string): WebAppTicket | null
}

const codeTtlMs = 30_000
const Sealed = z.object({
  use: z.enum(['code', 'cookie']),
  until: z.number(),
  // Cookies from before there was another kind than notebooks name none.
  kind: z.enum(webAppKinds).default('notebook'),
  workspace: z.string(),
  name: z.string(),
  uid: z.string(),
  start: z.string(),
  credential: z.object({ kind: z.enum(['session', 'token']), secret: z.string() }),
})

export function createWebAppTickets(secret: string, clock: Clock): WebAppTickets {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'keelson notebook tickets', 32))
  /** Codes that were used, until they are too old to be used anyway. */
  const used = new Map<string, number>()
  const now = () => clock.now().getTime()
  const seal = (use: 'code' | 'cookie', ticket: WebAppTicket, ttlMs: number): string => {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, iv)
    const body = cipher.update(JSON.stringify({ ...ticket, use, until: now() + ttlMs }), 'utf8')
    return Buffer.concat([iv, body, cipher.final(), cipher.getAuthTag()]).toString('base64url')
  }
  const open = (use: 'code' | 'cookie', text: string): z.infer<typeof Sealed> | null => {
    const bytes = Buffer.from(text, 'base64url')
    if (bytes.length < 29) return null
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
      decipher.setAuthTag(bytes.subarray(-16))
      const body = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
      const sealed = Sealed.parse(JSON.parse(body.toString('utf8')))
      return sealed.use === use && sealed.until > now() ? sealed : null
    } catch {
      return null
    }
  }
  return {
    issueCode: (ticket) => seal('code', ticket, codeTtlMs),
    redeem: (code) => {
      const ticket = open('code', code)
      if (ticket === null) return null
      for (const [hash, until] of used) if (until <= now()) used.delete(hash)
      // Of the bytes, not of the text: base64url has several spellings of one value.
      const hash = createHash('sha256').update(Buffer.from(code, 'base64url')).digest('base64')
      if (used.has(hash)) return null
      used.set(hash, ticket.until)
      return { cookie: seal('cookie', { ...ticket, start: '' }, sessionTtlMs), ticket }
    },
    read: (cookie) => open('cookie', cookie),
  }
}
