import 'server-only'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { authEnv } from './env.ts'

/**
 * Why a sign-in was refused, on its way through the address bar to the login page. It is signed, so that nobody can send people a link that
 * makes our login page say what they like.
 */
export function refusalPath(code: 'refused' | 'unavailable', reason: string): string {
  return `/login?${new URLSearchParams({ error: code, reason, proof: proofOf(reason) })}`
}

/** The reason, when it is one of ours; null otherwise. */
export function readRefusal(reason: string | null, proof: string | null): string | null {
  if (reason === null || proof === null) return null
  const [given, expected] = [Buffer.from(proof), Buffer.from(proofOf(reason))]
  return given.length === expected.length && timingSafeEqual(given, expected) ? reason : null
}

function proofOf(reason: string): string {
  return createHmac('sha256', authEnv().NEXTAUTH_SECRET).update(`refusal\n${reason}`).digest('base64url')
}
