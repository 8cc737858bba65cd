import type { IdentityResolver, RefusalLog } from '@keelson/core/access'
import type { BaseCtx } from '@keelson/core/context'
import { type WebAppRoutes, watchWebAppRoutes } from '@keelson/core/webapps'
import type { OpenCalls } from '../front/open-calls.ts'
import type { FrontRoute } from '../front/route.ts'
import { createNotebooksSite, type NotebooksSite } from './notebooks-site.ts'
import { watchWebAppCalls } from './open-calls-of-web-apps.ts'
import { openWebAppRoutes } from './open-web-app-routes.ts'
import { createWebAppTickets } from './tickets.ts'

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

/** The notebooks' door: the ways in on the front, the site itself, and the watched table of where web apps are. */
export function openNotebooks(options: NotebooksOptions): {
  routes: FrontRoute[]
  site: NotebooksSite
  table: WebAppRoutes
  stop(): void
} {
  const { base, signal } = options
  const routes = watchWebAppRoutes(base.kube, signal)
  const calls = watchWebAppCalls(routes, base.access)
  const tickets = createWebAppTickets(options.secret, base.clock)
  const parts = { ...options, routes, tickets, calls }
  return {
    routes: openWebAppRoutes(parts),
    table: routes,
    site: createNotebooksSite(parts),
    stop: () => {
      calls.stop()
      routes.stop()
    },
  }
}
