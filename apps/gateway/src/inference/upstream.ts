/** One request to one of an endpoint's replicas, over kept connections. Bodies are whole: an inference is small and is logged. */
import type { InferenceRoute } from '@keelson/core/serving'
import { AppError } from '@keelson/process/app-error'
import { Pool } from 'undici'

export type UpstreamRequest = {
  method: 'GET' | 'POST'
  /** Path and query, as the model server knows them. */
  path: string
  body: Buffer | null
  requestId: string
  /** Handed on as they came: `content-type`, `content-encoding`, `inference-header-content-length`. */
  headers: Readonly<Record<string, string>>
  signal: AbortSignal
}

export type UpstreamAnswer = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer }

export type Upstreams = {
  /** Throws `unavailable` when no replica answers, `exhausted` never. */
  send(route: InferenceRoute, request: UpstreamRequest): Promise<UpstreamAnswer>
  close(): Promise<void>
}

const connectMs = 2_000
const maxAnswerBytes = 256 * 1024 * 1024
const idlePoolMs = 60_000

type Kept = { pool: Pool; usedAt: number }

export function openUpstreams(): Upstreams {
  const pools = new Map<string, Kept>()
  let turn = 0
  const poolOf = (origin: string): Pool => {
    const kept = pools.get(origin) ?? {
      pool: new Pool(origin, {
        connections: 128,
        pipelining: 1,
        keepAliveTimeout: 30_000,
        connect: { timeout: connectMs },
        maxResponseSize: maxAnswerBytes,
      }),
      usedAt: 0,
    }
    kept.usedAt = Date.now()
    pools.set(origin, kept)
    return kept.pool
  }
  // Replicas come and go: a pool that nobody asked for a while is closed.
  const sweep = setInterval(() => {
    for (const [origin, { pool, usedAt }] of pools) {
      if (Date.now() - usedAt < idlePoolMs) continue
      pools.delete(origin)
      void pool.close().catch(() => {})
    }
  }, idlePoolMs)
  sweep.unref()
  return {
    send: async (route, request) => {
      const { targets } = route
      turn = (turn + 1) % 1_000_000
      let failure: unknown
      // A prediction changes nothing, so that a replica that just went away may be replaced by the next.
      for (let attempt = 0; attempt < Math.min(2, Math.max(targets.length, 1)) + 1; attempt += 1) {
        const target = targets[(turn + attempt) % targets.length]
        if (target === undefined) break
        try {
          return await ask(poolOf(target), route, request)
        } catch (error) {
          failure = error
          if (request.signal.aborted || !isWorthRepeating(error)) break
        }
      }
      throw unreachable(route, failure)
    },
    close: async () => {
      clearInterval(sweep)
      await Promise.allSettled([...pools.values()].map(({ pool }) => pool.destroy()))
      pools.clear()
    },
  }
}

async function ask(pool: Pool, route: InferenceRoute, request: UpstreamRequest): Promise<UpstreamAnswer> {
  const answer = await pool.request({
    method: request.method,
    path: request.path,
    headers: { ...request.headers, 'x-request-id': request.requestId },
    body: request.body,
    signal: request.signal,
    headersTimeout: route.timeoutMs,
    bodyTimeout: route.timeoutMs,
  })
  const chunks: Buffer[] = []
  for await (const chunk of answer.body) chunks.push(chunk as Buffer)
  const [first] = chunks
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: chunks.length === 1 && first ? first : Buffer.concat(chunks),
  }
}

const repeatable = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH']

function isWorthRepeating(error: unknown): boolean {
  return repeatable.includes(codeOf(error))
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

function unreachable(route: InferenceRoute, cause: unknown): AppError {
  const code = codeOf(cause)
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return new AppError(
      'unavailable',
      `The endpoint ${route.name} did not answer within ${route.timeoutMs / 1000} s.`,
      { cause },
    )
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
    return new AppError('unavailable', `The endpoint ${route.name} answered more than ${maxAnswerBytes} bytes.`, {
      cause,
    })
  return new AppError('unavailable', `No replica of the endpoint ${route.name} answers at the moment.`, { cause })
}
