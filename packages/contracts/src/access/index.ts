import { z } from 'zod'
import { DnsLabel, Instant, WorkspaceName } from '../ids/index.ts'

/** The API group of what lives in Postgres and is permitted by Kubernetes RBAC (design: "virtual resources"). */
export const keelsonGroup = 'keelson.dev'

/** The virtual resources of {@link keelsonGroup}. A `/` separates a subresource, as in Kubernetes. */
export const virtualResources = [
  'experiments',
  'registeredmodels',
  'registeredmodels/stage',
  'endpoints',
  'endpoints/invoke',
  'predictions',
  'labels',
  'jobs',
  'lineage',
  'activity',
  'auditevents',
] as const
export type VirtualResource = (typeof virtualResources)[number]

export const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] as const
export type Verb = (typeof verbs)[number]

/** The role of a person in a workspace, named as Kubeflow's dashboards name it; in RBAC kubeflow-admin, -edit and -view. */
export const WorkspaceRole = z.enum(['owner', 'contributor', 'viewer'])
export type WorkspaceRole = z.infer<typeof WorkspaceRole>

export const clusterRoleOf: Readonly<Record<WorkspaceRole, string>> = {
  owner: 'kubeflow-admin',
  contributor: 'kubeflow-edit',
  viewer: 'kubeflow-view',
}

/**
 * Who acts. `username` and `groups` are what Kubernetes RBAC decides by; `via` says how the identity was proved.
 * A pod's actor carries the pod, so that what it does is linked to its job without a word from the client.
 */
export type Actor =
  | {
      kind: 'person'
      username: string
      groups: readonly string[]
      userId: string
      via: 'session' | 'token'
      tokenWorkspace?: string
    }
  | {
      kind: 'pod'
      username: string
      groups: readonly string[]
      namespace: string
      serviceAccount: string
      pod?: { name: string; uid: string }
    }
  | { kind: 'platform'; username: string; groups: readonly string[] }

export const Me = z.object({
  username: z.string(),
  name: z.string(),
  email: z.string(),
  groups: z.array(z.string()),
  isAdmin: z.boolean(),
  workspaces: z.array(z.object({ name: WorkspaceName, role: WorkspaceRole })),
})
export type Me = z.infer<typeof Me>

export const AccessToken = z.object({
  id: z.string(),
  name: z.string(),
  workspace: WorkspaceName.nullable(),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  lastUsedAt: Instant.nullable(),
})
export type AccessToken = z.infer<typeof AccessToken>

/** A new personal access token. `workspace` narrows it to one workspace; `ttlMs` is at most a year. */
export const CreateAccessToken = z.object({
  name: z.string().trim().min(1).max(100),
  workspace: WorkspaceName.nullable().default(null),
  ttlMs: z
    .number()
    .int()
    .min(1_000)
    .max(366 * 86_400_000)
    .default(30 * 86_400_000),
})
export type CreateAccessToken = z.infer<typeof CreateAccessToken>

/** The secret is shown this once; only its hash is kept. */
export const CreatedAccessToken = z.object({ token: AccessToken, secret: z.string() })

export const RevokeAccessToken = z.object({ id: z.string() })

/** What a screen needs to know before it offers an action: the server's own decisions, with the reason when refused. */
export const CheckAccess = z.object({
  workspace: WorkspaceName,
  checks: z
    .array(z.object({ group: z.string(), resource: z.string(), verb: z.enum(verbs), name: DnsLabel.optional() }))
    .max(100),
})
export type CheckAccess = z.infer<typeof CheckAccess>
export const AccessDecisions = z.array(z.object({ allowed: z.boolean(), reason: z.string() }))

export const AuditEvent = z.object({
  id: z.string(),
  at: Instant,
  actor: z.string(),
  workspace: z.string().nullable(),
  action: z.string(),
  subject: z.string(),
  before: z.unknown().nullable(),
  after: z.unknown().nullable(),
})
export type AuditEvent = z.infer<typeof AuditEvent>
