import 'server-only'
import { authEnv } from './env.ts'

/** The cookie's value is an opaque id; who it is, only the gateway knows. */
export const sessionCookie = 'keelson-session'
const askMs = 15_000

type Answer = { ok: true; session: string } | { ok: false; code: 'refused' | 'unavailable'; message: string }

function ask(method: 'POST' | 'DELETE', body: object): Promise<Response> {
  const env = authEnv()
  return fetch(`${env.KEELSON_GATEWAY_URL ?? env.NEXTAUTH_URL}/internal/sessions`, {
    method,
    headers: { authorization: `Bearer ${env.KEELSON_INTERNAL_SECRET}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(askMs),
    cache: 'no-store',
  })
}

/** Gives the provider's ID token to the gateway, which verifies it itself and begins a session. */
export async function openSession(idToken: string): Promise<Answer> {
  try {
    const response = await ask('POST', { idToken })
    const body = (await response.json()) as { session?: string; message?: string }
    if (response.ok && typeof body.session === 'string') return { ok: true, session: body.session }
    const code = response.status >= 500 ? 'unavailable' : 'refused'
    return { ok: false, code, message: body.message ?? 'The sign-in was refused.' }
  } catch {
    return { ok: false, code: 'unavailable', message: 'The platform does not answer at the moment. Try again soon.' }
  }
}

/** Ends a session everywhere. False when the gateway could not be asked: the session then still works. */
export async function endSession(session: string): Promise<boolean> {
  try {
    return (await ask('DELETE', { session })).ok
  } catch {
    return false
  }
}
