import { z } from 'zod'
import type { KubeObject } from '../kubernetes/index.ts'
import { Condition, type CustomKind, openObject } from './custom-kind.ts'

/** Istio's access policies before 1.6 (rbac.istio.io/v1alpha1), which older Kubeflow manifests hold. */
export const ServiceRoleBindingSpec = openObject({
  roleRef: openObject({ kind: z.string(), name: z.string() }).optional(),
  subjects: z
    .array(
      openObject({
        user: z.string().optional(),
        group: z.string().optional(),
        properties: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional(),
  mode: z.string().optional(),
})
export type ServiceRoleBindingSpec = z.infer<typeof ServiceRoleBindingSpec>

export const ServiceRoleSpec = openObject({ rules: z.array(openObject({})).optional() })

export const ServicePolicyStatus = z.object({
  observedGeneration: z.int().optional(),
  conditions: z.array(Condition).optional(),
})
export type ServicePolicyStatus = z.infer<typeof ServicePolicyStatus>

export type ServiceRoleBinding = KubeObject & { spec?: ServiceRoleBindingSpec; status?: ServicePolicyStatus }
export type ServiceRole = KubeObject & { spec?: z.infer<typeof ServiceRoleSpec>; status?: ServicePolicyStatus }

export const policyColumns = [
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
] as const

const shared = {
  group: 'rbac.istio.io',
  scope: 'Namespaced',
  upstream: { operator: 'Istio', selector: 'istio=pilot' },
} as const

export const serviceRoleBindingKind: CustomKind = {
  ...shared,
  kind: 'ServiceRoleBinding',
  plural: 'servicerolebindings',
  singular: 'servicerolebinding',
  description:
    'An Istio policy of older manifests. Keelson makes the RoleBinding that does the same, or says what to use instead.',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      spec: ServiceRoleBindingSpec,
      status: ServicePolicyStatus,
      columns: policyColumns,
    },
  ],
}

export const serviceRoleKind: CustomKind = {
  ...shared,
  kind: 'ServiceRole',
  plural: 'serviceroles',
  singular: 'servicerole',
  description: 'An Istio role of older manifests. Keelson has its own roles and says which to use.',
  versions: [
    { name: 'v1alpha1', storage: true, spec: ServiceRoleSpec, status: ServicePolicyStatus, columns: policyColumns },
  ],
}
