import { appRouter, trpcFailure } from '@keelson/api'
import type { ChangeFeed, RefusalLog } from '@keelson/core/access'
import type { Installation } from '@keelson/core/platform'
import { releaseBody, sendJson } from '@keelson/process/http-body'
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http'
import type { FrontRoute } from '../front/route.ts'

/** Room for an edited object (the cluster takes 1.5 MiB) beside the text that it was made from. */
const maxBodyBytes = 8 * 1024 * 1024
/** What those may send who have not said who they are. */
const maxUnprovedBytes = 64 * 1024
/** More than any page asks at once. */
const maxBatchSize = 50

/** The dashboard's own API. Calls without an identity reach the router too: its procedures say themselves who may. */
export function trpcRoute(
  changes: ChangeFeed,
  refusals: Pick<RefusalLog, 'record'>,
  installation: Installation,
): FrontRoute {
  return {
    name: 'trpc',
    pattern: '/api/trpc/*',
    identity: 'optional',
    maxBodyBytes,
    handle: ({ request, response, match, core, requestId, note }) => {
      note({ name: match.rest.slice(0, 200) })
      response.setHeader('cache-control', 'no-store')
      const answered = nodeHTTPRequestHandler({
        router: appRouter,
        req: request,
        res: response,
        path: match.rest,
        maxBodySize: core === null ? maxUnprovedBytes : maxBodyBytes,
        maxBatchSize,
        createContext: async () => ({ core, requestId, changes, refusals, installation }),
      })
      // The library's promise is only settled by a finished answer; a client that left has none.
      const left = new Promise<void>((resolve) => response.once('close', resolve))
      return Promise.race([answered, left])
    },
    fail: ({ request, response, requestId }, error) => {
      releaseBody(request, response)
      sendJson(response, error.httpStatus, trpcFailure(error, requestId))
    },
  }
}
