import type { SearchHit } from '@keelson/contracts/search'
import type { SearchKind } from '@keelson/contracts/search-query'
import { linkOfHit } from './hit-link.ts'

/** What somebody opened from the search, in their own browser: names and addresses, nothing of what is behind them. */
export type Recent = { kind: SearchKind; name: string; workspace: string | null; href: string }

const mostKept = 8
const keyOf = (username: string) => `keelson.recent.${username}`

export function readRecent(username: string): Recent[] {
  try {
    const kept: unknown = JSON.parse(window.localStorage.getItem(keyOf(username)) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isRecent).slice(0, mostKept) : []
  } catch {
    return []
  }
}

export function keepRecent(username: string, hit: SearchHit): void {
  const { kind, name, workspace } = hit
  const added: Recent = { kind, name, workspace, href: linkOfHit(hit) }
  const next = [added, ...readRecent(username).filter(({ href, name: other }) => href !== added.href || other !== name)]
  try {
    window.localStorage.setItem(keyOf(username), JSON.stringify(next.slice(0, mostKept)))
  } catch {
    // A browser that keeps nothing: there is no list then.
  }
}

/** When somebody signs out: who uses this browser next reads nothing of it. */
export function forgetRecent(username: string): void {
  try {
    window.localStorage.removeItem(keyOf(username))
  } catch {
    // Nothing was kept.
  }
}

/** An address of ours and nothing else: what is in a browser may have been written by anybody. */
function isRecent(value: unknown): value is Recent {
  const { kind, name, workspace, href } = (value ?? {}) as Partial<Record<keyof Recent, unknown>>
  return (
    typeof kind === 'string' &&
    typeof name === 'string' &&
    (workspace === null || typeof workspace === 'string') &&
    typeof href === 'string' &&
    /^\/(w|admin)[/?]/.test(href)
  )
}
