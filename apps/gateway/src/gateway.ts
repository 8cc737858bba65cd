/** Puts the gateway together: one context, the route table, the front and the content site. Knows no wire format. */
import { createIdTokenVerifier, openIdentityResolver, openRefusalLog } from '@keelson/core/access'
import { type OpenContextOptions, openContext } from '@keelson/core/context'
import { openSpawnerSource } from '@keelson/core/notebooks'
import { httpService } from '@keelson/process/http-server'
import type { Service } from '@keelson/process/service'
import { createContentSite } from './content/content-site.ts'
import { openContentRoute } from './content/open-content.ts'
import { createTickets } from './content/tickets.ts'
import { healthRoutes } from './doors/health.ts'
import { internalRoutes } from './doors/internal.ts'
import { trpcRoute } from './doors/trpc.ts'
import { unimplementedRoutes } from './doors/unimplemented.ts'
import { upstreamRoutes } from './doors/upstreams.ts'
import type { GatewayEnv } from './env.ts'
import { findPersonAt } from './find-person.ts'
import { createFront } from './front/front.ts'
import { createOpenCalls } from './front/open-calls.ts'
import type { FrontRoute } from './front/route.ts'
import { createFrontMetrics } from './front-metrics.ts'
import { openNotebooks } from './notebooks/open-notebooks.ts'
import { openAdapters } from './routes.ts'
import { fileTokens } from './volumes/file-token.ts'
import { filesRoute } from './volumes/files-route.ts'

export type GatewayOptions = {
  env: GatewayEnv
  log: OpenContextOptions['log']
  signal: AbortSignal
  onListening?: (site: 'front' | 'content' | 'notebooks', port: number) => void
}

/** `services` in the order of their start; `routes` is the front's whole table, for who checks that none is open by oversight. */
export type OpenedGateway = { services: Service[]; routes: readonly FrontRoute[] }

export async function openGateway({ env, log, signal, onListening }: GatewayOptions): Promise<OpenedGateway> {
  const context = await openContext({
    databaseUrl: env.DATABASE_URL,
    kubeconfigPath: env.KEELSON_KUBECONFIG ?? null,
    artifactsRoot: env.KEELSON_ARTIFACTS,
    addresses: {
      url: env.KEELSON_URL,
      contentUrl: env.KEELSON_CONTENT_URL,
      podUrl: env.KEELSON_POD_URL ?? env.KEELSON_URL,
    },
    log,
    signal,
  })
  const { base, changes } = context
  base.spawner = openSpawnerSource(env.KEELSON_SPAWNER_CONFIG)
  base.fileToken = fileTokens(env.KEELSON_INTERNAL_SECRET)
  const identities = openIdentityResolver(base, changes)
  const refusals = openRefusalLog(base)
  const openCalls = createOpenCalls(identities, base.clock, base.access)
  const tickets = createTickets(base.clock)
  const adapters = openAdapters({ base, log, version: env.KEELSON_VERSION, signal })
  const notebooks = openNotebooks({
    base,
    identities,
    refusals,
    openCalls,
    notebooksUrl: env.KEELSON_NOTEBOOKS_URL,
    secret: env.KEELSON_INTERNAL_SECRET,
    signal,
  })
  const routes: FrontRoute[] = [
    ...healthRoutes({ ready: context.ready, metrics: () => metrics.registry }),
    ...internalRoutes({
      secret: env.KEELSON_INTERNAL_SECRET,
      issuer: env.OIDC_ISSUER,
      verifier: createIdTokenVerifier({
        issuer: env.OIDC_ISSUER,
        clientId: env.OIDC_CLIENT_ID,
        usernameClaim: env.OIDC_USERNAME_CLAIM,
        groupsClaim: env.OIDC_GROUPS_CLAIM,
        acceptUnstatedEmail: env.OIDC_ACCEPT_UNSTATED_EMAIL,
      }),
      identities,
      refusals,
      findPerson:
        env.KEELSON_OIDC_UPSTREAM === undefined
          ? null
          : findPersonAt(env.KEELSON_OIDC_UPSTREAM, env.KEELSON_INTERNAL_SECRET),
    }),
    trpcRoute(changes, refusals, {
      version: env.KEELSON_VERSION,
      clusterName: env.KEELSON_CLUSTER_NAME,
      embeddedIdentity: env.KEELSON_OIDC_UPSTREAM !== undefined,
    }),
    openContentRoute(tickets),
    ...notebooks.routes,
    filesRoute({ routes: notebooks.table }),
    ...adapters.flatMap((adapter) => adapter.routes),
    ...unimplementedRoutes(),
    ...upstreamRoutes({ url: env.KEELSON_URL, web: env.KEELSON_WEB_UPSTREAM, oidc: env.KEELSON_OIDC_UPSTREAM ?? null }),
  ]
  const metrics = createFrontMetrics(routes.map((route) => route.name))
  const front = createFront({
    routes,
    base,
    identities,
    openCalls,
    metrics,
    refusals,
    internalSecret: env.KEELSON_INTERNAL_SECRET,
  })
  const shared = { hosts: env.KEELSON_BIND, log }
  const services: Service[] = [
    {
      name: 'context',
      start: async () => ({
        done: new Promise<void>(() => {}),
        stop: async () => {
          notebooks.stop()
          openCalls.stop()
          tickets.stop()
          await refusals.stop()
          await context.close()
        },
      }),
    },
    ...adapters.flatMap((adapter) => adapter.services),
    httpService({
      ...shared,
      name: 'front',
      port: env.KEELSON_PORT,
      handle: front.handle,
      upgrade: front.upgrade,
      onListening: (port) => onListening?.('front', port),
    }),
    httpService({
      ...shared,
      name: 'content',
      hosts: env.KEELSON_BIND.slice(0, 1),
      port: env.KEELSON_CONTENT_PORT,
      handle: createContentSite({ base, identities, tickets, refusals }),
      onListening: (port) => onListening?.('content', port),
    }),
    httpService({
      ...shared,
      name: 'notebooks',
      hosts: env.KEELSON_BIND.slice(0, 1),
      port: env.KEELSON_NOTEBOOKS_PORT,
      ...notebooks.site,
      onListening: (port) => onListening?.('notebooks', port),
    }),
  ]
  return { services, routes }
}
