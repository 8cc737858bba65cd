import { objectTypes, type SearchKind } from '@keelson/contracts/search-query'
import { type Resource, resources } from '@keelson/kube'

/**
 * What of the cluster is searched, and as what. Only names and labels are asked of the server, except where a status or
 * the subject of a binding is needed: no secret's content comes this way.
 */
export type ClusterKind = { kind: SearchKind; resource: Resource; whole?: true }

const more: readonly Resource[] = [
  { group: 'batch', version: 'v1', plural: 'cronjobs', kind: 'CronJob', namespaced: true },
  { group: 'apps', version: 'v1', plural: 'daemonsets', kind: 'DaemonSet', namespaced: true },
]

export const clusterKinds: readonly ClusterKind[] = [
  { kind: 'notebook', resource: resources.notebooks },
  { kind: 'job', resource: resources.jobs },
  { kind: 'pod', resource: resources.pods, whole: true },
  { kind: 'endpoint', resource: resources.inferenceServices },
  { kind: 'contributor', resource: resources.roleBindings, whole: true },
  ...[...Object.values(resources), ...more]
    .filter(({ kind }) => (objectTypes as readonly string[]).includes(kind))
    .map((resource) => ({ kind: 'object' as const, resource })),
]
