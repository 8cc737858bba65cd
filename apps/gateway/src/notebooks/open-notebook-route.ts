import { type NotebookRoutes, notebookPrefix, openNotebook } from '@keelson/core/notebooks'
import { AppError } from '@keelson/process/app-error'
import { credentialOf } from '../front/credential.rules.ts'
import { callerOf, type FrontRoute } from '../front/route.ts'
import { parseTarget } from '../front/target.rules.ts'
import { notebookOrigin } from './address.rules.ts'
import { sendFailure } from './page.ts'
import type { NotebookTickets } from './tickets.ts'

export type OpenNotebookOptions = { notebooksUrl: string; routes: NotebookRoutes; tickets: NotebookTickets }

/**
 * The way from the dashboard into a notebook: `/workspaces/<ws>/notebooks/<name>/open[?path=lab/tree/x.ipynb]` checks the visitor here,
 * where the session is, and sends them over with a code for one use.
 */
export function openNotebookRoute({ notebooksUrl, routes, tickets }: OpenNotebookOptions): FrontRoute {
  return {
    name: 'notebook-open',
    pattern: '/workspaces/:workspace/notebooks/:notebook/open',
    maxBodyBytes: 0,
    handle: async (call) => {
      const core = callerOf(call)
      if (call.request.method !== 'GET') throw new AppError('invalid', 'Only GET is taken here.')
      const asked = { workspace: call.match.params.workspace ?? '', name: call.match.params.notebook ?? '' }
      call.note({ workspace: asked.workspace, name: asked.name })
      const start = startOf(call.match.query.get('path') ?? '')
      const credential = credentialOf(call.request.headers)
      if (credential === null) throw new AppError('unauthenticated', 'Sign in first.')
      const { uid } = await openNotebook(core, routes, asked)
      const code = tickets.issueCode({ ...asked, uid, start, credential })
      call.response
        .writeHead(303, {
          location: `${notebookOrigin(notebooksUrl, asked)}/c/${code}`,
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
        })
        .end()
    },
    fail: ({ request, response, requestId }, error) =>
      sendFailure(request, response, error, requestId, {
        title: 'This notebook cannot be opened',
        link: { href: '/', text: 'To the dashboard' },
      }),
  }
}

/** The path inside the notebook to begin with: one that stays there, percent-encoded as an address needs it. */
export function startOf(path: string): string {
  const { pathname, search, hash } = new URL(path.replace(/^\/+/, ''), 'http://notebook/notebook/a/b/')
  const prefix = notebookPrefix({ workspace: 'a', name: 'b' })
  // The parser has resolved what climbs: whatever is not under the prefix any more is refused, and what a server might decode too.
  const isInside =
    pathname.startsWith(prefix) && path.length <= 2_000 && !/^[a-z][a-z0-9+.-]*:|[\\\0\r\n\t]/i.test(path)
  if (!isInside) throw new AppError('invalid', 'path must be a path inside the notebook, such as lab/tree/x.ipynb.')
  parseTarget(`${pathname}${search}`)
  return `${pathname.slice(prefix.length)}${search}${hash}`
}
