/** Which request targets and hosts the front takes at all. Pure. */
import { AppError } from '@keelson/process/app-error'

export type Target = { path: string; search: string }

const refused = (why: string) => new AppError('invalid', `This address is not valid: ${why}.`)

/**
 * Splits a request target (RFC 9112 §3.2). Only the origin form is taken: absolute form and `//host` name another server. A path
 * that climbs, in any spelling that something behind us could decode, is refused rather than cleaned.
 */
export function parseTarget(url: string): Target {
  if (!url.startsWith('/') || url.startsWith('//')) throw refused('it must begin with one "/"')
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  if (path.includes('\\') || path.includes('#')) throw refused('it has a "\\" or "#" in its path')
  const once = decode(path)
  if (/[\0\\]/.test(once)) throw refused('it has characters that no path has')
  if (climbs(once) || climbs(decodeLoosely(once))) throw refused('it climbs with ".."')
  return { path, search: mark < 0 ? '' : url.slice(mark + 1) }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw refused('a "%" in its path is not followed by UTF-8 in hexadecimal')
  }
}

function decodeLoosely(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** `..;x` is `..` to servers that know path parameters. */
function climbs(path: string): boolean {
  return path.split(/[/\\]/).some((part) => /^\.{1,2}(;.*)?$/.test(part))
}

/** `alias` is a name for programs: no cookie is believed there, as its site may be another's too. */
export type HostVerdict = { kind: 'own' } | { kind: 'alias' } | { kind: 'redirect'; to: string } | { kind: 'refused' }

export type HostRules = {
  /** The platform's own address. */
  url: string
  /** What pods call it. */
  podUrl: string
}

/**
 * Says whether a Host is ours. A page asked for at another name of the same machine (`127.0.0.1`) is sent to the own one, so that
 * the session's cookie lives on one site only.
 */
export function judgeHost(
  rawHeaders: readonly string[],
  rules: HostRules,
  page: { target: Target; wanted: boolean },
): HostVerdict {
  const hosts = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'host' && index % 2 === 1)
  const [host] = hosts
  if (host === undefined || hosts.length > 1) return { kind: 'refused' }
  const own = new URL(rules.url)
  const given = host.toLowerCase()
  if (given === withPort(own) || given === own.host) return { kind: 'own' }
  const isOtherName =
    own.hostname === 'localhost' && (given === `127.0.0.1:${own.port}` || given === `[::1]:${own.port}`)
  if (page.wanted && isOtherName) {
    return { kind: 'redirect', to: `${own.origin}${page.target.path}${page.target.search && `?${page.target.search}`}` }
  }
  return given === new URL(rules.podUrl).host ? { kind: 'alias' } : { kind: 'refused' }
}

function withPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
}
