import http from 'node:http'
import https from 'node:https'
import { AppError } from '@keelson/process/app-error'
import type { KubeConfig } from '@kubernetes/client-node'
import { errorOfAnswer, errorOfSilence } from './status.ts'

export type Request = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path with query. */
  path: string
  headers?: Record<string, string | string[]>
  body?: unknown
  contentType?: string
  /** Milliseconds without a byte from the server after which the call is given up. */
  idleMs?: number
  signal?: AbortSignal | undefined
}

/** HTTP to one API server as one identity. */
export type Connection = {
  /** The parsed JSON of a 2xx answer; throws AppError otherwise. */
  json<T>(request: Request): Promise<T>
  /** The open body of a 2xx answer; throws AppError otherwise. The caller reads it to its end or destroys it. */
  stream(request: Request): Promise<http.IncomingMessage>
  close(): void
}

const answerIdleMs = 30_000
const optionsFreshMs = 10_000

/**
 * Speaks HTTP/1.1 over kept-alive sockets with the TLS material and credentials of a KubeConfig (client certificates,
 * tokens, token files, exec plugins, proxies: all as the client library resolves them). Node's own client is used rather
 * than the library's generated one, because watches and logs need the open stream, and because a discovery call before each
 * patch is a round trip for nothing.
 */
export function connect(config: KubeConfig): Connection {
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new AppError('invalid', 'The kubeconfig names no cluster in its current context.')
  const base = new URL(cluster.server)
  const secure = base.protocol === 'https:'
  const credentials = freshOptions(config)
  let agent: http.Agent | undefined

  const send = async (request: Request): Promise<http.IncomingMessage> => {
    const options = await credentials.get()
    agent ??= cluster.proxyUrl
      ? (options.agent as http.Agent)
      : new (secure ? https.Agent : http.Agent)({ keepAlive: true, keepAliveMsecs: 15_000 })
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body))
    const headers: Record<string, string | string[]> = {
      accept: 'application/json',
      'user-agent': 'keelson',
      ...(options.headers as Record<string, string>),
      ...(body === undefined
        ? {}
        : { 'content-type': request.contentType ?? 'application/json', 'content-length': String(body.length) }),
      ...request.headers,
    }
    const prefix = base.pathname.replace(/\/$/, '')
    return exchange(
      secure,
      {
        ...options,
        agent,
        host: base.hostname,
        port: base.port,
        method: request.method,
        path: prefix + request.path,
        headers,
      },
      body,
      request,
    )
  }

  const open = async (request: Request): Promise<http.IncomingMessage> => {
    let answer: http.IncomingMessage
    try {
      answer = await send(request)
    } catch (error) {
      // The server had closed the kept socket before our call reached it. Repeating is safe only where it changes nothing.
      if (!(error instanceof StaleSocket) || !isRepeatable(request)) throw errorOfSilence(error)
      answer = await send(request).catch((cause) => {
        throw errorOfSilence(cause)
      })
    }
    const status = answer.statusCode ?? 0
    if (status >= 200 && status < 300) return answer
    if (status === 401) credentials.drop()
    throw errorOfAnswer(status, await readText(answer), answer.headers['retry-after'])
  }

  return {
    stream: open,
    json: async <T>(request: Request) => {
      const text = await readText(await open(request))
      try {
        return JSON.parse(text) as T
      } catch (cause) {
        throw new AppError('unavailable', 'The Kubernetes API answered something that is not JSON.', { cause })
      }
    },
    close: () => agent?.destroy(),
  }
}

class StaleSocket extends Error {}

function isRepeatable(request: Request): boolean {
  return request.method === 'GET' || request.contentType === 'application/apply-patch+yaml'
}

function exchange(
  secure: boolean,
  options: https.RequestOptions,
  body: Buffer | undefined,
  { idleMs, signal }: Request,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = (secure ? https : http).request({ ...options, ...(signal ? { signal } : {}) })
    call.setTimeout(idleMs ?? answerIdleMs, () => call.destroy(new Error('The server sent nothing for too long.')))
    call.once('response', resolve)
    call.once('error', (error: NodeJS.ErrnoException) => {
      const stale = call.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      reject(stale ? new StaleSocket('The kept connection was closed.', { cause: error }) : error)
    })
    call.end(body)
  })
}

/** The whole body as text. */
export async function readText(answer: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of answer) chunks.push(chunk)
  } catch (cause) {
    throw errorOfSilence(cause)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** TLS options and headers of the kubeconfig's user, read anew every few seconds so that rotated token files are seen. */
function freshOptions(config: KubeConfig): { get(): Promise<https.RequestOptions>; drop(): void } {
  let known: { options: https.RequestOptions; at: number } | undefined
  return {
    get: async () => {
      if (known && performance.now() - known.at < optionsFreshMs) return known.options
      const options: https.RequestOptions = {}
      await config.applyToHTTPSOptions(options).catch((cause) => {
        throw new AppError('unavailable', 'The credentials of the kubeconfig cannot be read.', { cause })
      })
      known = { options, at: performance.now() }
      return options
    },
    drop: () => {
      known = undefined
    },
  }
}
