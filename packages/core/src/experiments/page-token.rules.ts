import { invalid } from './tracking.rules.ts'

/** Where a page begins: after so many rows, or (in the default order of runs) after this run. */
export type PageStart = { offset: number } | { after: { startTimeMs: number | null; id: string } }

/** Tokens are base64 of JSON; clients must not look inside. `{"offset": n}` is also what MLflow's own server makes. */
export function encodePageToken(start: PageStart): string {
  return Buffer.from(JSON.stringify(start)).toString('base64')
}

/** Throws `invalid` for anything that is not a token of ours. */
export function decodePageToken(token: string | undefined): PageStart {
  if (token === undefined || token === '') return { offset: 0 }
  if (!/^[A-Za-z0-9+/\s]*={0,2}$/.test(token) || token.replace(/\s/g, '').length % 4 !== 0)
    throw invalid('Invalid page token, could not base64-decode', 'page_token')
  const decoded = parse(Buffer.from(token, 'base64').toString('utf8'))
  if (typeof decoded === 'object' && decoded !== null) {
    if ('offset' in decoded && isOffset(Number(decoded.offset))) return { offset: Number(decoded.offset) }
    const after = 'after' in decoded ? decoded.after : null
    if (
      typeof after === 'object' &&
      after !== null &&
      'id' in after &&
      typeof after.id === 'string' &&
      'startTimeMs' in after
    ) {
      const { id, startTimeMs } = after
      if (startTimeMs === null || (typeof startTimeMs === 'number' && Number.isSafeInteger(startTimeMs)))
        return { after: { id, startTimeMs } }
    }
  }
  throw invalid('Invalid page token', 'page_token')
}

/** As many rows as Postgres can skip. */
function isOffset(offset: number): boolean {
  return Number.isInteger(offset) && offset > 0 && offset <= 2_147_483_647
}

/** For lists that only count rows. */
export function offsetOf(token: string | undefined): number {
  const start = decodePageToken(token)
  if ('after' in start) throw invalid('Invalid page token', 'page_token')
  return start.offset
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('Invalid page token', 'page_token')
  }
}
