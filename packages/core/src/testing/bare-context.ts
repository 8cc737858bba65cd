import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Actor, WorkspaceRole } from '@keelson/contracts/access'
import { openDatabase } from '@keelson/db'
import { openKube } from '@keelson/kube'
import { systemClock } from '@keelson/process/clock'
import { silentLogger } from '@keelson/process/logger'
import { withMigratedDatabase } from '@keelson/testing'
import type { AccessEvaluator } from '../access/index.ts'
import { createFolderArtifactStore } from '../artifacts/index.ts'
import type { BaseCtx } from '../context/index.ts'

/** Who has which role where: `{ 'ana@example.com': { telco: 'owner' } }`. */
export type Roles = Readonly<Record<string, Readonly<Record<string, WorkspaceRole>>>>

export type BareContext = { base: BaseCtx; artifactsRoot: string; databaseUrl: string; close(): Promise<void> }

/**
 * A context on a real Postgres and a real artifact folder, for tests of what lives there. Roles come from a table instead
 * of a cluster, and the cluster does not answer: what needs one is tested with kubelite.
 */
export async function openBareContext(roles: Roles): Promise<BareContext> {
  const database = await withMigratedDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'keelson-bare-'))
  const db = openDatabase({ url: database.url, maxConnections: 10 })
  const abort = new AbortController()
  const { kube, close: closeKube } = await openKube({ cluster: { kubeconfigPath: nowhere(folder) }, log: silentLogger })
  const artifactsRoot = join(folder, 'artifacts')
  const base: BaseCtx = {
    access: accessBy(roles),
    db,
    kube,
    artifacts: createFolderArtifactStore({ root: artifactsRoot }),
    addresses: { url: 'http://localhost:7700', contentUrl: 'http://127.0.0.1:7701', podUrl: 'http://localhost:7700' },
    clock: systemClock,
    log: silentLogger,
    signal: abort.signal,
  }
  return {
    base,
    artifactsRoot,
    databaseUrl: database.url,
    close: async () => {
      abort.abort()
      closeKube()
      await db.close()
      await database.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A kubeconfig of a port where nothing listens. */
function nowhere(folder: string): string {
  const path = join(folder, 'kubeconfig.json')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'none', cluster: { server: 'http://127.0.0.1:9', 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'none', user: { token: 'none' } }],
    contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
    'current-context': 'none',
  }
  writeFileSync(path, JSON.stringify(config))
  return path
}

const reads: readonly string[] = ['get', 'list', 'watch']

function accessBy(roles: Roles): AccessEvaluator {
  const decide: AccessEvaluator['decide'] = (actor, asked) => {
    const role = roles[actor.username]?.[asked.namespace ?? '']
    const allowed =
      role === 'owner' ||
      (role === 'contributor' && asked.subresource !== 'stage') ||
      (role === 'viewer' && reads.includes(asked.verb))
    return { allowed, reason: '' }
  }
  return {
    decide,
    decideFresh: async (actor, asked) => decide(actor, asked),
    namespacesOf: (actor) => ({ names: Object.keys(roles[actor.username] ?? {}), everywhere: false }),
    onChange: () => () => {},
    synced: Promise.resolve(),
    healthy: true,
  }
}

/** A signed-in person of a test. */
export function person(username: string): Actor {
  return { kind: 'person', username, groups: [], userId: username, via: 'token' }
}

/** A pod of a test, as its token would prove it. */
export function podActor(namespace: string, pod: { name: string; uid: string }): Actor {
  const serviceAccount = 'default-editor'
  return {
    kind: 'pod',
    username: `system:serviceaccount:${namespace}:${serviceAccount}`,
    groups: [],
    namespace,
    serviceAccount,
    pod,
  }
}
