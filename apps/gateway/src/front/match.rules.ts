import { AppError } from '@keelson/process/app-error'
import type { FrontRoute, RouteMatch } from './route.ts'

type Pattern = { parts: readonly string[]; open: boolean }

export type Matcher = (path: string, search: string) => { route: FrontRoute; match: RouteMatch } | null

/** The first route of the table whose pattern fits. */
export function matcherOf(routes: readonly FrontRoute[]): Matcher {
  const table = routes.map((route) => ({ route, pattern: parsePattern(route.pattern) }))
  return (path, search) => {
    const parts = path.split('/').slice(1)
    for (const { route, pattern } of table) {
      const params = fit(pattern, parts)
      if (params === null) continue
      const rest = pattern.open ? parts.slice(pattern.parts.length).join('/') : ''
      return { route, match: { params, rest, path, query: new URLSearchParams(search) } }
    }
    return null
  }
}

function parsePattern(pattern: string): Pattern {
  const parts = pattern.split('/').slice(1)
  const open = parts.at(-1) === '*'
  return { parts: open ? parts.slice(0, -1) : parts, open }
}

function fit({ parts: wanted, open }: Pattern, parts: readonly string[]): Record<string, string> | null {
  if (open ? parts.length < wanted.length : parts.length !== wanted.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const given = parts[index] ?? ''
    if (!part.startsWith(':')) {
      if (given !== part) return null
      continue
    }
    const value = decodeURIComponent(given)
    if (value === '') return null
    if (value.includes('/'))
      throw new AppError('invalid', `This address is not valid: "${part.slice(1)}" has a "/" in it.`)
    params[part.slice(1)] = value
  }
  return params
}
