import {
  openWebApp,
  type WebAppKind,
  type WebAppRoutes,
  webAppKinds,
  webAppPrefix,
  webApps,
} from '@keelson/core/webapps'
import { AppError } from '@keelson/process/app-error'
import { credentialOf } from '../front/credential.rules.ts'
import { callerOf, type FrontRoute } from '../front/route.ts'
import { parseTarget } from '../front/target.rules.ts'
import { webAppOrigin } from './address.rules.ts'
import { sendFailure } from './page.ts'
import type { WebAppTickets } from './tickets.ts'

export type OpenWebAppOptions = { notebooksUrl: string; routes: WebAppRoutes; tickets: WebAppTickets }

/**
 * The ways from the dashboard into a web app: `/workspaces/<ws>/notebooks/<name>/open[?path=lab/tree/x.ipynb]`, and so for the other kinds.
 * They check the visitor here, where the session is, and send them over with a code for one use.
 */
export function openWebAppRoutes(options: OpenWebAppOptions): FrontRoute[] {
  return webAppKinds.map((kind) => openRoute(kind, options))
}

function openRoute(kind: WebAppKind, { notebooksUrl, routes, tickets }: OpenWebAppOptions): FrontRoute {
  const { resource, noun } = webApps[kind]
  return {
    name: `${kind}-open`,
    pattern: `/workspaces/:workspace/${resource.plural}/:name/open`,
    maxBodyBytes: 0,
    handle: async (call) => {
      const core = callerOf(call)
      if (call.request.method !== 'GET') throw new AppError('invalid', 'Only GET is taken here.')
      const asked = { kind, workspace: call.match.params.workspace ?? '', name: call.match.params.name ?? '' }
      call.note({ workspace: asked.workspace, name: asked.name })
      const start = startOf(call.match.query.get('path') ?? '')
      const credential = credentialOf(call.request.headers)
      if (credential === null) throw new AppError('unauthenticated', 'Sign in first.')
      const { uid } = await openWebApp(core, routes, asked)
      const code = tickets.issueCode({ ...asked, uid, start, credential })
      call.response
        .writeHead(303, {
          location: `${webAppOrigin(notebooksUrl, asked)}/c/${code}`,
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
        })
        .end()
    },
    fail: ({ request, response, requestId }, error) =>
      sendFailure(request, response, error, requestId, {
        title: `This ${noun} cannot be opened`,
        link: { href: '/', text: 'To the dashboard' },
      }),
  }
}

/** The path inside the web app to begin with: one that stays there, percent-encoded as an address needs it. */
export function startOf(path: string): string {
  const { pathname, search, hash } = new URL(path.replace(/^\/+/, ''), 'http://notebook/notebook/a/b/')
  const prefix = webAppPrefix({ kind: 'notebook', workspace: 'a', name: 'b' })
  // The parser has resolved what climbs: whatever is not under the prefix any more is refused, and what a server might decode too.
  const isInside =
    pathname.startsWith(prefix) && path.length <= 2_000 && !/^[a-z][a-z0-9+.-]*:|[\\\0\r\n\t]/i.test(path)
  if (!isInside) throw new AppError('invalid', 'path must be a path inside it, such as lab/tree/x.ipynb.')
  parseTarget(`${pathname}${search}`)
  return `${pathname.slice(prefix.length)}${search}${hash}`
}
