/** The structure of `metrics.k8s.io/v1beta1` (k8s.io/metrics/pkg/apis/metrics/v1beta1), which no API server publishes by itself. */
import type { OpenApiSchema } from './node.ts'

export const metricsApi = 'io.k8s.metrics.pkg.apis.metrics.v1beta1'
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const text: OpenApiSchema = { type: 'string' }

const usage: OpenApiSchema = {
  type: 'object',
  additionalProperties: { $ref: 'io.k8s.apimachinery.pkg.api.resource.Quantity' },
}
const measured = (kind: string, more: Record<string, OpenApiSchema>): OpenApiSchema => ({
  type: 'object',
  properties: {
    apiVersion: text,
    kind: text,
    metadata: { $ref: `${meta}.ObjectMeta` },
    timestamp: { $ref: `${meta}.Time` },
    window: text,
    ...more,
  },
  'x-kubernetes-group-version-kind': [{ group: 'metrics.k8s.io', kind, version: 'v1beta1' }],
})

export const metricsSchemas: Readonly<Record<string, OpenApiSchema>> = {
  [`${metricsApi}.NodeMetrics`]: measured('NodeMetrics', { usage }),
  [`${metricsApi}.PodMetrics`]: measured('PodMetrics', {
    containers: { type: 'array', items: { $ref: `${metricsApi}.ContainerMetrics` } },
  }),
  [`${metricsApi}.ContainerMetrics`]: { type: 'object', properties: { name: text, usage } },
}
