/** What a new cluster holds: namespaces, default roles and bindings, the `kubernetes` Service. */
import type { Operations } from '../api/operations.ts'
import { bootstrapRbac } from '../schema/builtin.ts'
import { StatusError } from '../status-error.ts'
import { systemContext } from './namespaces.ts'

const rbac = 'rbac.authorization.k8s.io'

/** Makes what is missing; what is there stays as people left it. */
export async function bootstrap(operations: Operations): Promise<void> {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease'])
    await ensure(operations, '', 'namespaces', { metadata: { name } })
  for (const role of bootstrapRbac.clusterRoles) {
    // Aggregated rules are made, not shipped.
    await ensure(operations, rbac, 'clusterroles', role.aggregationRule === undefined ? role : { ...role, rules: [] })
  }
  await ensure(operations, rbac, 'clusterroles', metricsReader)
  for (const binding of bootstrapRbac.clusterRoleBindings)
    await ensure(operations, rbac, 'clusterrolebindings', binding)
}

/** As the metrics-server brings it: whoever may look at a namespace sees what its pods use. */
const metricsReader = {
  metadata: {
    name: 'system:aggregated-metrics-reader',
    labels: Object.fromEntries(
      ['view', 'edit', 'admin'].map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']),
    ),
  },
  rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
}

async function ensure(operations: Operations, group: string, plural: string, object: unknown): Promise<void> {
  const resource = operations.registry.find({ group, version: 'v1', plural })
  if (resource === undefined) return
  try {
    await operations.create(resource, undefined, structuredClone(object), systemContext('kube-apiserver'))
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 409) throw error
  }
}
