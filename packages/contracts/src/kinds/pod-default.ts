import { z } from 'zod'
import type { KubeObject } from '../kubernetes/index.ts'
import { type CustomKind, openObject } from './custom-kind.ts'

const named = openObject({ name: z.string() })

/** metav1.LabelSelector. An empty one matches every pod. */
const LabelSelector = z.object({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
})

/** kubeflow.org/v1alpha1 PodDefaultSpec. What it holds of a pod is the server's to check, in the pod that comes of it. */
export const PodDefaultSpec = z.object({
  selector: LabelSelector.describe('The pods of this namespace that get the rest, by their labels.'),
  desc: z.string().optional().describe('What people are shown when they choose.'),
  annotations: z.record(z.string(), z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  serviceAccountName: z.string().optional(),
  automountServiceAccountToken: z.boolean().optional(),
  env: z.array(named).optional(),
  envFrom: z.array(openObject({})).optional(),
  volumes: z.array(named).optional(),
  volumeMounts: z.array(openObject({ name: z.string(), mountPath: z.string() })).optional(),
  tolerations: z.array(openObject({ key: z.string().optional() })).optional(),
  imagePullSecrets: z.array(z.object({ name: z.string().optional() })).optional(),
  initContainers: z.array(named).optional(),
  sidecars: z.array(named).optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
})
export type PodDefaultSpec = z.infer<typeof PodDefaultSpec>

export type PodDefault = KubeObject & { spec: PodDefaultSpec }

export const podDefaultKind: CustomKind = {
  group: 'kubeflow.org',
  kind: 'PodDefault',
  plural: 'poddefaults',
  singular: 'poddefault',
  scope: 'Namespaced',
  description: 'What is added to every new pod with certain labels.',
  upstream: { operator: 'The admission webhook', selector: 'app=poddefaults' },
  versions: [{ name: 'v1alpha1', storage: true, spec: PodDefaultSpec, status: z.object({}) }],
}
