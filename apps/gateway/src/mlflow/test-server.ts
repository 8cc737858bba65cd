/** Test code: the MLflow adapter on a port of its own, its callers given by a header instead of the front's proof. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Actor } from '@keelson/contracts/access'
import { type BaseCtx, withActor } from '@keelson/core/context'
import { toAppError } from '@keelson/process/app-error'
import { readBody } from '@keelson/process/http-body'
import { matcherOf } from '../front/match.rules.ts'
import { openMlflow } from './index.ts'

export type MlflowTestServer = { url: string; server: Server; close(): Promise<void> }

/** `actors` maps a bearer token to who it proves. */
export async function startMlflowTestServer(
  base: BaseCtx,
  actors: ReadonlyMap<string, Actor>,
): Promise<MlflowTestServer> {
  const adapter = openMlflow({ base, log: base.log, version: 'test', signal: base.signal })
  const matcher = matcherOf(adapter.routes)
  const server = createServer(async (request, response) => {
    const [path = '', search = ''] = (request.url ?? '').split('?')
    const found = matcher(path, search)
    if (found === null) return void response.writeHead(404).end()
    const abort = new AbortController()
    response.once('close', () => abort.abort())
    try {
      const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
      const actor = actors.get(token)
      const own: BaseCtx = { ...base, signal: abort.signal }
      await found.route.handle({
        request,
        response,
        match: found.match,
        core: actor === undefined ? null : withActor(own, actor),
        base: own,
        requestId: 'test',
        signal: abort.signal,
        readBody: () => readBody(request, Number.MAX_SAFE_INTEGER),
        note: () => {},
      })
    } catch (thrown) {
      if (response.destroyed || response.headersSent) return void response.destroy()
      if (toAppError(thrown).code === 'internal') base.log.error('an answer failed', { error: thrown })
      found.route.fail?.({ request, response, requestId: 'test', match: found.match }, toAppError(thrown))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
