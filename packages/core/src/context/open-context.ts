import { type Database, openDatabase } from '@keelson/db'
import { openKube } from '@keelson/kube'
import { type Clock, systemClock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import { type ChangeFeed, openEvaluator } from '../access/index.ts'
import { createFolderArtifactStore } from '../artifacts/index.ts'
import type { BaseCtx, PlatformAddresses } from './ctx.ts'

export type OpenContextOptions = {
  databaseUrl: string
  /** Upper limit of pooled connections of this process. */
  maxConnections?: number
  /** Path of a kubeconfig; null = the pod that this process runs in. */
  kubeconfigPath: string | null
  /** The folder of the artifacts. */
  artifactsRoot: string
  addresses: PlatformAddresses
  log: Logger
  clock?: Clock
  /** Ends watches and the listening connection. */
  signal: AbortSignal
}

export type OpenedContext = {
  base: BaseCtx
  /** Every change that any process publishes. */
  changes: ChangeFeed
  /** Resolves when the process may take requests: the database answers and the permissions are read. Throws `unavailable` otherwise. */
  ready(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens what use cases need. Returns before the database or the cluster answer: both may come later or go away for a
 * while, and `ready` says so.
 */
export async function openContext(options: OpenContextOptions): Promise<OpenedContext> {
  const { log, signal, addresses } = options
  const limit = options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }
  const db = openDatabase({ url: options.databaseUrl, ...limit })
  const cluster =
    options.kubeconfigPath === null ? { inCluster: true as const } : { kubeconfigPath: options.kubeconfigPath }
  const { kube, close: closeKube } = await openKube({ cluster, log })
  const access = openEvaluator(kube, signal)
  access.synced.catch((error) => log.error('permissions cannot be read', { error }))
  const artifacts = createFolderArtifactStore({ root: options.artifactsRoot })
  const base: BaseCtx = { access, db, kube, artifacts, addresses, clock: options.clock ?? systemClock, log, signal }
  return {
    base,
    changes: openChangeFeed(db, log, signal),
    ready: async () => {
      await db.ping()
      access.decide(
        { kind: 'platform', username: 'keelson', groups: [] },
        { verb: 'get', group: '', resource: 'namespaces' },
      )
    },
    close: async () => {
      closeKube()
      await db.close()
    },
  }
}

/** One listening connection for the process, shared by all who want to hear. */
function openChangeFeed(db: Database, log: Logger, signal: AbortSignal): ChangeFeed {
  const handlers = new Set<Parameters<ChangeFeed['subscribe']>[0]>()
  db.listen((change) => {
    for (const handler of handlers) handler(change)
  }, signal).catch((error) => log.error('changes are not heard', { error }))
  return {
    subscribe: (handler) => {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
  }
}
