/** `/healthz`, `/livez` and `/readyz`: their checks one by one and together, as apiserver's healthz package answers. */
import type { Call } from './context.ts'
import { sendText } from './context.ts'

const root = /^\/(healthz|livez|readyz)(?:\/([^/]+))?$/

/** False when `path` is none of these. */
export function sendHealth({ server, response, url }: Call, path: string): boolean {
  const [, endpoint, one] = root.exec(path) ?? []
  if (endpoint === undefined) return false
  const checks = new Map([
    ['ping', true],
    ['log', true],
    ['postgres', server.store.healthy],
  ])
  if (one !== undefined && !checks.has(one)) return false
  const excluded = new Set(url.searchParams.getAll('exclude'))
  const asked = [...checks].filter(([name]) => one === undefined || name === one)
  const failed = asked.some(([name, healthy]) => !healthy && !excluded.has(name))
  const lines = asked.map(([name, healthy]) =>
    excluded.has(name) ? `[+]${name} excluded: ok` : healthy ? `[+]${name} ok` : `[-]${name} failed: reason withheld`,
  )
  const report = `${lines.join('\n')}\n${endpoint} check ${failed ? 'failed' : 'passed'}\n`
  const wantsReport = failed || (one === undefined && url.searchParams.has('verbose'))
  sendText(response, failed ? 500 : 200, wantsReport ? report : 'ok', 'text/plain; charset=utf-8')
  return true
}
