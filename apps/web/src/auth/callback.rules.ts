/** Where somebody may be sent after signing in or out: a page of this platform, nothing else. Pure. */

/**
 * The path of `wanted` when it is a page of `baseUrl`, and `/` otherwise. `//host`, `/\host`, other origins and other schemes are
 * refused, and so are addresses that are no pages.
 */
export function safeCallback(wanted: string | null | undefined, baseUrl: string): string {
  if (!wanted || /[\\\p{Cc}]/u.test(wanted)) return '/'
  let url: URL
  try {
    url = new URL(wanted, baseUrl)
  } catch {
    return '/'
  }
  const isOwn = url.origin === new URL(baseUrl).origin && !url.pathname.startsWith('//')
  const isPage = !/^\/(api|oidc|internal|login)(\/|$)/.test(url.pathname)
  return isOwn && isPage ? `${url.pathname}${url.search}${url.hash}` : '/'
}
