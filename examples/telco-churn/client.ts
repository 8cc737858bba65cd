/** The doors that the sample uses: the dashboard's API, the MLflow address and the endpoint, each with a person's token. */
import type { AppRouter } from '@keelson/api/types'
import { createTRPCClient, httpLink } from '@trpc/client'
import superjson from 'superjson'

export type Api = ReturnType<typeof connect>

/** The dashboard's API as the person whose token this is. */
export function connect(url: string, token: string) {
  return createTRPCClient<AppRouter>({
    links: [
      httpLink({ url: `${url}/api/trpc`, transformer: superjson, headers: { authorization: `Bearer ${token}` } }),
    ],
  })
}

export type HttpAnswer = { status: number; body: unknown; text: string }

/** One JSON request; never throws for a status, so that refusals can be looked at. */
export async function send(
  url: string,
  options: { token?: string; body?: unknown; requestId?: string; signal: AbortSignal },
): Promise<HttpAnswer> {
  const response = await fetch(url, {
    method: options.body === undefined ? 'GET' : 'POST',
    headers: {
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.requestId === undefined ? {} : { 'x-request-id': options.requestId }),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    signal: options.signal,
  })
  const text = await response.text()
  return { status: response.status, body: parse(text), text }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
