/** A webhook on this machine, for both API servers: it answers what a test told it to and keeps what it was sent. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { testIdentity } from '@keelson/kubelite/testing'
import type { Json } from './cluster.ts'

export type Reply = { allowed?: boolean; patch?: object[]; [field: string]: unknown }
export type WebhookServer = {
  url: string
  caBundle: string
  /** What `path` answers: the response of the review, or the whole HTTP answer. */
  on(path: string, reply: (request: Json) => Reply | { status: number; text: string } | 'silence'): void
  /** The requests that came to `path`. */
  seen(path: string): Json[]
  stop(): Promise<void>
}

/** `hosts` are more names that its certificate holds. */
export async function startWebhookServer(hosts: readonly string[] = []): Promise<WebhookServer> {
  const identity = await testIdentity(['127.0.0.1', 'localhost', ...hosts])
  const replies = new Map<string, Parameters<WebhookServer['on']>[1]>()
  const seen = new Map<string, Json[]>()
  const server = createServer({ cert: identity.cert, key: identity.key }, (request, response) => {
    const path = new URL(request.url ?? '/', 'https://localhost').pathname
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString()) as Json
      seen.set(path, [...(seen.get(path) ?? []), review.request])
      const reply = replies.get(path)?.(review.request) ?? {}
      if (reply === 'silence') return
      if ('text' in reply) return void response.writeHead(Number(reply.status)).end(reply.text)
      response.writeHead(200, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(answer(review, reply)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caBundle: Buffer.from(identity.ca).toString('base64'),
    on: (path, reply) => void replies.set(path, reply),
    seen: (path) => seen.get(path) ?? [],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(review: Json, { patch, allowed = true, ...rest }: Reply): object {
  const patched =
    patch === undefined ? {} : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
  return {
    apiVersion: review.apiVersion,
    kind: review.kind,
    response: { uid: review.request.uid, allowed, ...patched, ...rest },
  }
}
