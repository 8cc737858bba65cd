/** What passes between a browser and a notebook's server. The server runs code of a tenant: nothing it says is trusted. Pure. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { AppError } from '@keelson/process/app-error'
import type { HeaderList } from '../front/exchange.ts'
import { isIdentityHeader } from '../front/header.rules.ts'
import { answeredHeaders } from '../front/proxy.ts'

export const notebookCookie = 'keelson-notebook'

/** Cookies of the platform, of whatever part: they neither reach a notebook nor are set by one. */
export function isPlatformCookie(name: string): boolean {
  return /^(__host-|__secure-)?(keelson|next-auth|authjs)/i.test(name)
}

/** The token of `Authorization`: Bearer and Basic as everywhere, and `token <token>` as Jupyter's own clients say it. */
export function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  return headers.authorization?.replace(/^token +/i, 'Bearer ')
}

export type Place = {
  /** The notebook's origin. */
  origin: string
  /** `/notebook/<namespace>/<name>/`. */
  prefix: string
  /** What stands in the place of the prefix for the server; null = the prefix itself. */
  rewriteUri: string | null
}

/**
 * Answers that would act beyond the notebook: other sites' access to it, other notebooks' storage of the same origin, the scope of
 * service workers, reports to elsewhere, instructions to proxies before us, and a prompt for a password.
 */
const dropped =
  /^(access-control-.*|clear-site-data|service-worker-allowed|strict-transport-security|alt-svc|nel|report-to|reporting-endpoints|refresh|www-authenticate|x-accel-.*|x-sendfile|x-lighttpd-send-file|origin-agent-cluster|timing-allow-origin|x-request-id)$/

/** Only the notebook's own pages may frame it. A second policy only takes away. */
const framing = "frame-ancestors 'self'"

export function notebookAnswer(answer: IncomingMessage, place: Place): HeaderList {
  const kept: [string, string | readonly string[]][] = []
  const policies: string[] = [framing]
  for (const [name, value] of answeredHeaders(answer)) {
    const values = typeof value === 'string' ? [value] : value
    if (dropped.test(name) || isIdentityHeader(name)) continue
    if (name === 'location') kept.push([name, locationWithin(values[0] ?? '', place)])
    else if (name === 'content-security-policy') policies.push(...values)
    else if (name === 'set-cookie') kept.push([name, values.flatMap((each) => cookieWithin(each, place.prefix))])
    else kept.push([name, value])
  }
  return [
    ...kept,
    ['content-security-policy', policies],
    ['x-content-type-options', 'nosniff'],
    ['referrer-policy', 'same-origin'],
    ['cross-origin-resource-policy', 'same-origin'],
    ['x-frame-options', 'SAMEORIGIN'],
  ]
}

/** A cookie for this notebook's pages only: no `Domain`, a `Path` inside the prefix; none with a name of the platform's. */
export function cookieWithin(line: string, prefix: string): string[] {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
  const name = pair.split('=', 1)[0]?.trim() ?? ''
  if (name === '' || !pair.includes('=') || isPlatformCookie(name) || /^__host-/i.test(name)) return []
  const kept = attributes.filter((each) => !/^(domain|path)\s*(=|$)/i.test(each))
  const paths = attributes.filter((each) => /^path\s*=/i.test(each)).map((each) => each.replace(/^path\s*=\s*/i, ''))
  // Browsers take the last of several.
  const wanted = paths.at(-1) ?? ''
  const path = wanted.startsWith(prefix) && !/(^|\/)\.{1,2}(\/|$)|[%\\]/.test(wanted) ? wanted : prefix
  return [[pair, ...kept, `Path=${path}`].join('; ')]
}

/** Where a notebook may send a browser: inside itself. */
export function locationWithin(location: string, { origin, prefix, rewriteUri }: Place): string {
  const refused = () =>
    new AppError(
      'unavailable',
      'The notebook’s server sends you to an address outside of the notebook, and was stopped.',
    )
  let target: URL
  try {
    // What is relative is so to the prefix: the path of the request is inside of it, and so is what does not climb out.
    target = new URL(location, `${origin}${prefix}`)
  } catch {
    throw refused()
  }
  if (target.origin !== origin) throw refused()
  const isRelative = !/^([a-z][a-z0-9+.-]*:|\/|\\)/i.test(location.trim())
  if (/%(2e|2f|5c)/i.test(target.pathname)) throw refused()
  if (isRelative && target.pathname.startsWith(prefix)) return location.trim()
  const rest = `${target.search}${target.hash}`
  if (target.pathname.startsWith(prefix)) return `${target.pathname}${rest}`
  if (rewriteUri !== null && target.pathname.startsWith(rewriteUri))
    return `${prefix}${target.pathname.slice(rewriteUri.length)}${rest}`
  throw refused()
}
