'use client'
/**
 * What the login page's button does: `await signIn(callbackUrl)`. It leaves the page for the provider; when it returns, it throws with a
 * sentence for the person. After a refused sign-in the login page is opened with `?error=refused|unavailable|<next-auth code>` and, for the
 * first two, `&reason=<sentence>&proof=…`: what `readRefusal` gives may be shown.
 */
export async function signIn(callbackUrl: string): Promise<void> {
  const csrf = await fetch('/api/auth/csrf', { cache: 'no-store' }).then(readJson)
  const body = new URLSearchParams({ csrfToken: String(csrf.csrfToken ?? ''), callbackUrl, json: 'true' })
  const answer = await fetch('/api/auth/signin/oidc', { method: 'POST', body }).then(readJson)
  if (typeof answer.url !== 'string')
    throw new Error('The identity provider does not answer at the moment. Try again soon.')
  window.location.assign(answer.url)
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  if (!response.ok) throw new Error('Signing in is not possible at the moment. Try again soon.')
  return (await response.json()) as Record<string, unknown>
}
