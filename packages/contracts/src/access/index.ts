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
  'pipelines',
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
      sessionId?: string
      /** The operator who looks as this person. Such an actor only reads. */
      view?: { by: string; until: string }
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
  /** The operator who looks as this person, and until when; null where it is the person. */
  view: z.object({ by: z.string(), until: Instant }).nullable(),
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

/** A person as operators see them; `sessions` and `tokens` count what works now. */
export const PersonSummary = z.object({
  id: z.string(),
  username: z.string(),
  name: z.string(),
  email: z.string(),
  groups: z.array(z.string()),
  sessions: z.number().int(),
  tokens: z.number().int(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  disabledAt: Instant.nullable(),
})
export type PersonSummary = z.infer<typeof PersonSummary>

/** `workspace` null: everywhere. `through` names the group that a role comes by. */
export const PersonDetail = z.object({
  person: PersonSummary,
  sessions: z.array(z.object({ id: z.string(), createdAt: Instant, expiresAt: Instant })),
  tokens: z.array(AccessToken),
  roles: z.array(z.object({ workspace: z.string().nullable(), role: z.string(), through: z.string().nullable() })),
})
export type PersonDetail = z.infer<typeof PersonDetail>

export const GroupSummary = z.object({
  name: z.string(),
  people: z.number().int(),
  roles: z.array(z.object({ workspace: z.string().nullable(), role: z.string() })),
})
export type GroupSummary = z.infer<typeof GroupSummary>

export const SetPersonDisabled = z.object({
  id: z.uuid(),
  disabled: z.boolean(),
  reason: z.string().trim().max(1000).default(''),
})
export type SetPersonDisabled = z.infer<typeof SetPersonDisabled>

export const EndAccess = z.object({ personId: z.uuid(), kind: z.enum(['session', 'token']), id: z.uuid() })
export type EndAccess = z.infer<typeof EndAccess>

/** Looks as somebody else, reading only. The reason stands in the audit trail. */
export const StartView = z.object({
  username: z.string().min(1).max(253),
  reason: z.string().trim().min(3, 'Say why: it is kept in the audit trail.').max(1000),
})
export type StartView = z.infer<typeof StartView>

/** A row of the audit trail. What was refused has the action `access.refused` (or `request.refused`: wrong input), and `after` with `code`, `door`, `count`, `since`. */
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

/** The audit trail of all workspaces, and of what belongs to none, for operators. Newest first. */
export const ListAudit = z.object({
  actor: z.string().max(253).optional(),
  action: z.string().max(100).optional(),
  /** The `id` of the last one of the page before. */
  before: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional(),
  search: z.string().max(200).optional(),
})
export type ListAudit = z.infer<typeof ListAudit>
