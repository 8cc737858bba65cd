/** A database and a cluster with Keelson's kinds and roles, for the tests of `core` and of the apps above it. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { clusterRoleOf, type WorkspaceRole } from '@keelson/contracts/access'
import type { KubeObject, Subject } from '@keelson/contracts/kubernetes'
import { type KubeApi, type Resource, resources } from '@keelson/kube'
import { installCrds, startServer, startServerWithNode, type TestServer } from '@keelson/kube/testing'
import { eventually, type ServerWebhooks, type TestDatabase, withMigratedDatabase } from '@keelson/testing'
import { parse, parseAllDocuments, stringify } from 'yaml'

export { refusal, serverNames } from '@keelson/kube/testing'
export { type BareContext, openBareContext, person, podActor, type Roles } from './bare-context.ts'
export { startTestIssuer, type TestIssuer } from './issuer.ts'

export type TestPlatform = {
  databaseUrl: string
  kubeconfigPath: string
  /** As the cluster's administrator. */
  kube: KubeApi
  requestToken: TestServer['requestToken']
  /** Whether the API server asks and tells the webhooks that were given. */
  hasWebhooks: boolean
  /** The path of a kubeconfig for one of the platform's own service accounts, as the launcher writes it. */
  kubeconfigOf(account: 'keelson-gateway' | 'keelson-controller'): Promise<string>
  /** Makes a namespace with role bindings as a Profile's reconciler does, and gives its name. */
  makeWorkspace(members: Partial<Record<WorkspaceRole, Subject>>): Promise<string>
  bind(namespace: string, role: WorkspaceRole, subject: Subject): Promise<string>
  stop(): Promise<void>
}

const group = 'rbac.authorization.k8s.io'
const kindsOfRbac: Record<string, Resource> = {
  Namespace: resources.namespaces,
  ServiceAccount: resources.serviceAccounts,
  ClusterRole: resources.clusterRoles,
  ClusterRoleBinding: resources.clusterRoleBindings,
  Role: resources.roles,
  RoleBinding: resources.roleBindings,
}
const settleMs = 20_000

/** Why there is no such server is said in `skipped`. */
export async function startTestPlatform(
  server: 'kubelite' | 'kube-apiserver',
  webhooks?: ServerWebhooks,
  /** `withNode`: pods really run. */
  { withNode = false } = {},
): Promise<TestPlatform | { skipped: string }> {
  const cluster = withNode ? await startServerWithNode(server) : await startServer(server, webhooks)
  if ('skipped' in cluster) return cluster
  let database: TestDatabase | undefined
  try {
    database = await withMigratedDatabase()
    await installCrds(cluster.kube)
    await installRoles(cluster.kube)
    return opened(cluster, database)
  } catch (error) {
    await database?.stop()
    await cluster.stop()
    throw error
  }
}

function opened(cluster: TestServer, database: TestDatabase): TestPlatform {
  const { kube } = cluster
  const made: string[] = []
  const folder = mkdtempSync(join(tmpdir(), 'keelson-test-platform-'))
  const bind = async (namespace: string, role: WorkspaceRole, subject: Subject): Promise<string> => {
    const name = `${role}-${randomBytes(4).toString('hex')}`
    await kube.create(resources.roleBindings, {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata: { namespace, name },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: clusterRoleOf[role] },
      subjects: [subject.kind === 'ServiceAccount' ? subject : { ...subject, apiGroup: group }],
    })
    return name
  }
  return {
    databaseUrl: database.url,
    kubeconfigPath: cluster.kubeconfigPath,
    kube,
    requestToken: cluster.requestToken,
    hasWebhooks: cluster.hasWebhooks,
    bind,
    kubeconfigOf: async (name) => {
      const token = await cluster.requestToken({ namespace: 'keelson-system', name }, [])
      const admin = parse(readFileSync(cluster.kubeconfigPath, 'utf8')) as { users: { name: string }[] }
      const path = join(folder, `${name}.kubeconfig`)
      writeFileSync(
        path,
        stringify({ ...admin, users: admin.users.map((user) => ({ name: user.name, user: { token } })) }),
        { mode: 0o600 },
      )
      return path
    },
    makeWorkspace: async (members) => {
      const name = `test-${randomBytes(4).toString('hex')}`
      await kube.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
      made.push(name)
      for (const [role, subject] of Object.entries(members)) await bind(name, role as WorkspaceRole, subject)
      return name
    },
    stop: async () => {
      for (const name of made) await kube.delete(resources.namespaces, { name }).catch(() => {})
      await cluster.stop()
      await database.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** `deploy/rbac`, and until the cluster has filled in the aggregated roles. */
export async function installRoles(kube: KubeApi): Promise<void> {
  const folder = resolve(import.meta.dirname, '../../../../deploy/rbac')
  for (const file of readdirSync(folder).sort()) {
    for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) {
      const object = document.toJS() as KubeObject
      const resource = kindsOfRbac[object.kind]
      if (!resource) throw new Error(`${file} holds a ${object.kind}, which no test knows how to make.`)
      await kube.apply(resource, object, { fieldManager: 'test' })
    }
  }
  await eventually(
    async () => {
      const admin = await kube.get<KubeObject & { rules?: { resources?: string[] }[] }>(resources.clusterRoles, {
        name: clusterRoleOf.owner,
      })
      // The last link of view → edit → admin.
      return (admin.rules ?? []).some((rule) => rule.resources?.includes('lineage'))
    },
    { timeoutMs: settleMs },
  )
}
