/** The API server alone: store, operations, upkeep and HTTPS, without a node or workload controllers. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, systemClock } from '@keelson/process/clock'
import { type Logger, silentLogger } from '@keelson/process/logger'
import { createInProcessClient } from './api/in-process.ts'
import { createOperations } from './api/operations.ts'
import { createAuthenticator, type WebhookOptions } from './auth/authenticate.ts'
import { loadAdminToken, loadServiceAccountKeys, loadServingIdentity, writeSecretFile } from './auth/key-files.ts'
import { createAuthorizer } from './auth/rbac.ts'
import { createTokenIssuer } from './auth/service-account-tokens.ts'
import type { KubeliteClient, NodeApi } from './client.ts'
import { bootstrap } from './housekeeping/bootstrap.ts'
import { registerStoredCrds } from './housekeeping/custom-resources.ts'
import { startHousekeeping } from './housekeeping/housekeeping.ts'
import { openAuditSink } from './http/audit.ts'
import type { Server } from './http/context.ts'
import { listen } from './http/server.ts'
import { kubeconfig } from './kubeconfig.ts'
import { Registry } from './registry/registry.ts'
import { doorAddress } from './service-addresses.ts'
import { PostgresLog } from './store/log.ts'
import { Store } from './store/store.ts'

export type ApiServerOptions = {
  databaseUrl: string
  /** Keys, certificates and the admin's token and kubeconfig live here (mode 0700). */
  stateFolder: string
  host?: string
  /** 0: a free one. */
  port?: number
  /** More names or addresses that the certificate must hold. */
  advertisedHosts?: readonly string[]
  webhook?: WebhookOptions | undefined
  /** Told what is refused, as audit.k8s.io/v1. */
  auditWebhook?: WebhookOptions | undefined
  clock?: Clock
  logger?: Logger
  historyLimit?: number
}

export type ApiServer = {
  url: string
  port: number
  ca: string
  adminToken: string
  kubeconfigPath: string
  client(username: string): KubeliteClient
  setNode(node: NodeApi): void
  /** Drops history up to a version (default: what is over the limit). */
  compact(resourceVersion?: number): Promise<void>
  /** Settles when the upkeep queue is empty. */
  idle(): Promise<void>
  stop(): Promise<void>
}

/** The audience of tokens for the API server itself, as on a real cluster. */
export const apiAudience = 'https://kubernetes.default.svc.cluster.local'

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const clock = options.clock ?? systemClock
  const logger = options.logger ?? silentLogger
  const host = options.host ?? '127.0.0.1'
  mkdirSync(options.stateFolder, { recursive: true, mode: 0o700 })
  const adminToken = loadAdminToken(options.stateFolder)
  const identity = loadServingIdentity(
    options.stateFolder,
    [
      '127.0.0.1',
      'localhost',
      // Where pods with a network of their own find it, by address and by name.
      doorAddress,
      ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'],
      ...(options.advertisedHosts ?? []),
    ],
    clock.now(),
  )
  const log = new PostgresLog(options.databaseUrl)
  await log.open()
  const store = new Store({
    log,
    logger,
    ...(options.historyLimit === undefined ? {} : { historyLimit: options.historyLimit }),
  })
  const abort = new AbortController()
  try {
    await store.load()
    const registry = new Registry()
    const operations = createOperations({ store, registry, clock })
    registerStoredCrds(operations)
    const keys = loadServiceAccountKeys(options.stateFolder)
    const tokens = await createTokenIssuer({
      store,
      keys,
      issuer: apiAudience,
      audience: apiAudience,
      now: () => clock.now(),
    })
    const authenticator = createAuthenticator({ adminToken, tokens, webhook: options.webhook, now: () => Date.now() })
    const housekeeping = startHousekeeping({ operations, ca: identity.ca, logger })
    await bootstrap(operations)
    await housekeeping.idle()
    const server: Server = {
      store,
      registry,
      operations,
      authenticator,
      authorizer: createAuthorizer(store),
      tokens,
      jwks: await tokens.jwks(),
      node: null,
      audit: options.auditWebhook === undefined ? null : openAuditSink(options.auditWebhook, clock, logger),
      clock,
      logger,
      url: '',
      closing: abort.signal,
    }
    const { https, closeAll } = await listen(server, identity, { host, port: options.port ?? 0 })
    const kubeconfigPath = join(options.stateFolder, 'admin.kubeconfig')
    writeSecretFile(
      kubeconfigPath,
      kubeconfig({ server: server.url, ca: identity.ca, token: adminToken, user: 'kubelite-admin' }),
    )
    return {
      url: server.url,
      port: Number(new URL(server.url).port),
      ca: identity.ca,
      adminToken,
      kubeconfigPath,
      client: (username) => createInProcessClient(operations, tokens, username),
      setNode: (node) => {
        server.node = node
      },
      compact: (resourceVersion) => store.compact(resourceVersion),
      idle: () => housekeeping.idle(),
      stop: async () => {
        abort.abort()
        await new Promise<void>((resolve) => {
          https.close(() => resolve())
          closeAll()
        })
        await server.audit?.stop()
        await housekeeping.stop()
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}
