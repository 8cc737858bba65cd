import { allow } from '@keelson/core/access'
import { AppError } from '@keelson/process/app-error'
import { credentialOf } from '../front/credential.rules.ts'
import { callerOf, type FrontRoute } from '../front/route.ts'
import type { Tickets } from './tickets.ts'

/**
 * The way from the dashboard to an artifact on the content site: `/workspaces/<ws>/content/<experiment>/<run>/artifacts/<path>` checks the
 * visitor here, where the session is, and sends them over with a code for one use.
 */
export function openContentRoute(tickets: Tickets): FrontRoute {
  return {
    name: 'content',
    pattern: '/workspaces/:workspace/content/*',
    maxBodyBytes: 0,
    handle: async (call) => {
      const core = callerOf(call)
      if (call.request.method !== 'GET') throw new AppError('invalid', 'Only GET is taken here.')
      const workspace = call.match.params.workspace ?? ''
      await allow(core, { verb: 'get', resource: 'experiments', namespace: workspace })
      const credential = credentialOf(call.request.headers)
      const parts = call.match.rest.split('/')
      if (credential === null || parts.length < 4 || parts[2] !== 'artifacts' || parts.some((part) => part === '')) {
        throw new AppError('invalid', 'The address of an artifact is <experiment>/<run>/artifacts/<path>.')
      }
      const folder = `/artifacts/${encodeURIComponent(workspace)}/${parts.slice(0, 3).join('/')}/`
      const path = `${folder}${parts.slice(3).join('/')}`
      const code = tickets.issueCode({ workspace, folder, path, credential })
      call.response
        .writeHead(303, {
          location: `${call.base.addresses.contentUrl}/c/${code}`,
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
        })
        .end()
    },
  }
}
