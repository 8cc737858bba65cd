import { z } from 'zod'
import type { KubeObject } from '../kubernetes/index.ts'
import { type CustomKind, openObject } from './custom-kind.ts'
import { policyColumns, ServicePolicyStatus } from './service-role.ts'

const strings = z.array(z.string()).optional()

/** Istio's access policy since 1.4 (security.istio.io, https://istio.io/latest/docs/reference/config/security/authorization-policy/). */
export const AuthorizationPolicySpec = openObject({
  selector: openObject({ matchLabels: z.record(z.string(), z.string()).optional() }).optional(),
  targetRefs: z
    .array(
      openObject({
        group: z.string().optional(),
        kind: z.string(),
        name: z.string(),
        namespace: z.string().optional(),
      }),
    )
    .optional(),
  action: z.string().optional(),
  rules: z
    .array(
      openObject({
        from: z
          .array(
            openObject({
              source: openObject({ principals: strings, serviceAccounts: strings, namespaces: strings }).optional(),
            }),
          )
          .optional(),
        to: z.array(openObject({})).optional(),
        when: z.array(openObject({})).optional(),
      }),
    )
    .optional(),
})
export type AuthorizationPolicySpec = z.infer<typeof AuthorizationPolicySpec>
export type AuthorizationPolicy = KubeObject & { spec?: AuthorizationPolicySpec; status?: ServicePolicyStatus }

const version = { spec: AuthorizationPolicySpec, status: ServicePolicyStatus, columns: policyColumns }

export const authorizationPolicyKind: CustomKind = {
  group: 'security.istio.io',
  kind: 'AuthorizationPolicy',
  plural: 'authorizationpolicies',
  singular: 'authorizationpolicy',
  shortNames: ['ap'],
  scope: 'Namespaced',
  upstream: { operator: 'Istio', selector: 'istio=pilot' },
  description:
    'An Istio policy of older manifests. Keelson makes the RoleBinding that does the same, or says what to use instead.',
  versions: [
    { name: 'v1', storage: true, ...version },
    { name: 'v1beta1', storage: false, ...version },
  ],
}
