/** Measurements: kinds that are read and never kept. On a real cluster the metrics-server adds them. */
import { builtinNode } from '../schema/builtin.ts'
import { metricsApi } from '../schema/metrics.ts'
import type { Resource } from './resource.ts'

export const metricsGroup = 'metrics.k8s.io'

const metrics = (plural: string, kind: string, namespaced: boolean): Resource => ({
  group: metricsGroup,
  version: 'v1beta1',
  plural,
  singular: '',
  kind,
  listKind: `${kind}List`,
  namespaced,
  shortNames: [],
  categories: [],
  verbs: ['get', 'list'],
  subresources: [],
  virtual: true,
  generation: false,
  statusSubresource: false,
  schema: builtinNode(`${metricsApi}.${kind}`),
  definition: `${metricsApi}.${kind}`,
})

export const metricsResources: readonly Resource[] = [
  metrics('nodes', 'NodeMetrics', false),
  metrics('pods', 'PodMetrics', true),
]
