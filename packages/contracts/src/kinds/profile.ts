import { z } from 'zod'
import type { KubeObject } from '../kubernetes/index.ts'
import { Condition, type CustomKind, openObject, Quantity } from './custom-kind.ts'

/** Who owns a profile: an RBAC subject (rbac.authorization.k8s.io/v1 Subject). */
export const ProfileOwner = z.object({
  kind: z.string(),
  name: z.string(),
  apiGroup: z.string().optional(),
  namespace: z.string().optional(),
})

export const ProfileSpec = z.object({
  owner: ProfileOwner.optional().describe('The owner of the profile, who becomes admin of its namespace.'),
  plugins: z
    .array(
      z.object({ apiVersion: z.string().optional(), kind: z.string().optional(), spec: openObject({}).optional() }),
    )
    .optional()
    .describe('Platform plug-ins of Kubeflow. Keelson has none: a profile that asks for one says so in its status.'),
  resourceQuotaSpec: z
    .object({
      hard: z.record(z.string(), Quantity).optional(),
      scopes: z.array(z.string()).optional(),
      scopeSelector: z
        .object({
          matchExpressions: z
            .array(z.object({ operator: z.string(), scopeName: z.string(), values: z.array(z.string()).optional() }))
            .optional(),
        })
        .optional(),
    })
    .optional()
    .describe('The ResourceQuota kf-resource-quota of the namespace.'),
})
export type ProfileSpec = z.infer<typeof ProfileSpec>

/** Conditions are of type Successful or Failed, as Kubeflow's profile controller names them. */
export const ProfileStatus = z.object({
  observedGeneration: z.int().optional(),
  conditions: z.array(Condition).optional(),
})
export type ProfileStatus = z.infer<typeof ProfileStatus>

export type Profile = KubeObject & { spec?: ProfileSpec; status?: ProfileStatus }

const version = {
  spec: ProfileSpec,
  status: ProfileStatus,
  columns: [
    { name: 'Owner', type: 'string', jsonPath: '.spec.owner.name' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
} as const

/** kubeflow.org Profile: a namespace with an owner. Both versions have the same fields, so that no conversion is needed. */
export const profileKind: CustomKind = {
  group: 'kubeflow.org',
  kind: 'Profile',
  plural: 'profiles',
  singular: 'profile',
  scope: 'Cluster',
  description: 'A workspace: a namespace with its owner, roles and quota.',
  upstream: { operator: 'Kubeflow’s profile controller', selector: 'kustomize.component=profiles' },
  versions: [
    { name: 'v1', storage: true, ...version },
    { name: 'v1beta1', storage: false, ...version },
  ],
}
