import type { IdentityResolver, RefusalLog } from '@keelson/core/access'
import type { BaseCtx } from '@keelson/core/context'
import { watchNotebookRoutes } from '@keelson/core/notebooks'
import type { OpenCalls } from '../front/open-calls.ts'
import type { FrontRoute } from '../front/route.ts'
import { createNotebooksSite, type NotebooksSite } from './notebooks-site.ts'
import { watchNotebookCalls } from './open-calls-of-notebooks.ts'
import { openNotebookRoute } from './open-notebook-route.ts'
import { createNotebookTickets } from './tickets.ts'

export type NotebooksOptions = {
  base: BaseCtx
  identities: IdentityResolver
  refusals: RefusalLog
  openCalls: OpenCalls
  notebooksUrl: string
  /** The installation's: all replicas have the same. */
  secret: string
  signal: AbortSignal
}

/** The notebooks' door: the way in on the front, the site itself, and the watched table of where notebooks are. */
export function openNotebooks(options: NotebooksOptions): { route: FrontRoute; site: NotebooksSite; stop(): void } {
  const { base, signal } = options
  const routes = watchNotebookRoutes(base.kube, signal)
  const calls = watchNotebookCalls(routes, base.access)
  const tickets = createNotebookTickets(options.secret, base.clock)
  const parts = { ...options, routes, tickets, calls }
  return {
    route: openNotebookRoute(parts),
    site: createNotebooksSite(parts),
    stop: () => {
      calls.stop()
      routes.stop()
    },
  }
}
