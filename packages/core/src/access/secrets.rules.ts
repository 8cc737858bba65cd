import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** What tells a personal access token from any other Bearer value, and lets secret scanners find a leaked one. */
export const tokenPrefix = 'kls_'

/** 32 random bytes as base64url (43 characters), so that a plain SHA-256 of it cannot be guessed back. */
export function newSecret(prefix = ''): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`
}

export function hashSecret(secret: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(secret, 'utf8').digest())
}

/** Compares without telling by its time where the two differ. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(hashSecret(given), hashSecret(expected))
}

/** The shape of what {@link newSecret} makes; anything else is refused before the database is asked. */
export function looksLikeSecret(value: string, prefix = ''): boolean {
  return value.startsWith(prefix) && /^[A-Za-z0-9_-]{43}$/.test(value.slice(prefix.length))
}
