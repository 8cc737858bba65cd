import { cookies } from 'next/headers'
import { providerLogoutUrl } from '../../../../auth/provider-logout.ts'
import { endSession, sessionCookie } from '../../../../auth/sessions.ts'

export const dynamic = 'force-dynamic'

/**
 * Signing out: `<form method="post" action="/api/auth/end">`. Ends the session everywhere before the cookie is dropped, then the provider's.
 * When the session cannot be ended it says so and stays signed in. (The gateway has refused what another site sent.)
 */
export async function POST(): Promise<Response> {
  const jar = await cookies()
  const session = jar.get(sessionCookie)?.value
  if (session !== undefined && !(await endSession(session))) {
    return new Response(
      'You could not be signed out: the platform does not answer at the moment. Go back and try again soon.\n',
      {
        status: 503,
        headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '2' },
      },
    )
  }
  jar.delete(sessionCookie)
  return new Response(null, { status: 303, headers: { location: await providerLogoutUrl() } })
}
