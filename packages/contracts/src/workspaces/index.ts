import { z } from 'zod'
import { WorkspaceRole } from '../access/index.ts'
import { Instant, WorkspaceName } from '../ids/index.ts'
import { StatusDetail } from '../status/index.ts'

export const Workspace = z.object({
  name: WorkspaceName,
  owner: z.string(),
  role: WorkspaceRole,
  status: StatusDetail,
  createdAt: Instant,
})
export type Workspace = z.infer<typeof Workspace>

export const CreateWorkspace = z.object({ name: WorkspaceName })
export type CreateWorkspace = z.infer<typeof CreateWorkspace>

/** Somebody's role in a workspace; `expiresAt` is when the platform takes it back by itself. */
export const Contributor = z.object({
  binding: z.string(),
  subjectKind: z.enum(['User', 'Group']),
  subject: z.string(),
  role: WorkspaceRole,
  expiresAt: Instant.nullable(),
})
export type Contributor = z.infer<typeof Contributor>

export const AddContributor = z.object({
  workspace: WorkspaceName,
  subjectKind: z.enum(['User', 'Group']).default('User'),
  subject: z.string().trim().min(1).max(253),
  role: WorkspaceRole,
  expiresAt: Instant.nullable().default(null),
})
export type AddContributor = z.infer<typeof AddContributor>

export const RemoveContributor = z.object({ workspace: WorkspaceName, binding: z.string().min(1).max(253) })
export type RemoveContributor = z.infer<typeof RemoveContributor>

/** Another role, another end, or both, for who has one already. */
export const UpdateContributor = z.object({
  workspace: WorkspaceName,
  binding: z.string().min(1).max(253),
  role: WorkspaceRole,
  expiresAt: Instant.nullable(),
})
export type UpdateContributor = z.infer<typeof UpdateContributor>

/** Hands a workspace to one of its contributors; `keep` is the role that the owner so far has afterwards, if any. */
export const TransferOwnership = z.object({
  workspace: WorkspaceName,
  binding: z.string().min(1).max(253),
  keep: WorkspaceRole.nullable().default('contributor'),
})
export type TransferOwnership = z.infer<typeof TransferOwnership>

/** The name is given twice, so that nobody deletes another one by a slip. */
export const DeleteWorkspace = z.object({ workspace: WorkspaceName, confirm: z.string() })
export type DeleteWorkspace = z.infer<typeof DeleteWorkspace>

/** What a workspace may use in all, as the keys and quantities of a ResourceQuota: `{ "requests.cpu": "8", pods: "50" }`. */
export const QuotaHard = z.record(
  z
    .string()
    .min(1)
    .max(317)
    .regex(/^[A-Za-z0-9][-A-Za-z0-9_./]*$/, 'must be the name of a resource, such as requests.cpu'),
  z
    .string()
    .trim()
    .regex(/^\d+(\.\d+)?([numkMGTPE]|[KMGTPE]i)?$/, 'must be a quantity, such as 500m, 4 or 16Gi'),
)
export type QuotaHard = z.infer<typeof QuotaHard>

/** How people come to a workspace: they make their own, they ask for one, or only operators make them. */
export const RegistrationMode = z.enum(['self-service', 'request', 'closed'])
export type RegistrationMode = z.infer<typeof RegistrationMode>

export const RegistrationSettings = z.object({ mode: RegistrationMode, defaultQuota: QuotaHard })
export type RegistrationSettings = z.infer<typeof RegistrationSettings>

export const WorkspaceRequest = z.object({
  id: z.string(),
  name: WorkspaceName,
  requestedBy: z.string(),
  note: z.string(),
  state: z.enum(['pending', 'approved', 'refused', 'withdrawn']),
  createdAt: Instant,
  decidedBy: z.string().nullable(),
  decidedAt: Instant.nullable(),
  reason: z.string().nullable(),
})
export type WorkspaceRequest = z.infer<typeof WorkspaceRequest>

export const RequestWorkspace = z.object({
  name: WorkspaceName,
  note: z.string().trim().max(1000).default(''),
})
export type RequestWorkspace = z.infer<typeof RequestWorkspace>

/** A refusal needs its reason: the person who asked reads it. */
export const DecideRequest = z
  .object({ id: z.uuid(), decision: z.enum(['approve', 'refuse']), reason: z.string().trim().max(1000).default('') })
  .refine((input) => input.decision === 'approve' || input.reason !== '', {
    path: ['reason'],
    message: 'Say why: the person who asked reads it.',
  })
export type DecideRequest = z.infer<typeof DecideRequest>

/** What a person is offered who wants a workspace. `suggestion` is a name that is free; `request` is their latest one. */
export const Registration = z.object({
  mode: RegistrationMode,
  mayCreate: z.boolean(),
  suggestion: z.string(),
  defaultQuota: QuotaHard,
  request: WorkspaceRequest.nullable(),
})
export type Registration = z.infer<typeof Registration>

/** One limit of a ResourceQuota: its status as Kubernetes keeps it. `ratio` is used / hard, for bars. */
export const QuotaLine = z.object({
  quota: z.string(),
  resource: z.string(),
  hard: z.string(),
  used: z.string(),
  ratio: z.number(),
})
export type QuotaLine = z.infer<typeof QuotaLine>

/** What the nodes can give and what pods of all workspaces ask for already. */
export const CapacityLine = z.object({
  resource: z.string(),
  allocatable: z.string(),
  requested: z.string(),
  ratio: z.number(),
})
export type CapacityLine = z.infer<typeof CapacityLine>

export const WorkspaceUse = z.object({ quotas: z.array(QuotaLine), capacity: z.array(CapacityLine) })
export type WorkspaceUse = z.infer<typeof WorkspaceUse>

/** A workspace as operators see it. `hard` is what the profile asks for, `quotas` what the cluster counts. */
export const WorkspaceOverview = z.object({
  name: z.string(),
  owner: z.string(),
  ownerKind: z.string(),
  status: StatusDetail,
  createdAt: Instant,
  contributors: z.number().int(),
  hard: z.record(z.string(), z.string()),
  quotas: z.array(QuotaLine),
})
export type WorkspaceOverview = z.infer<typeof WorkspaceOverview>

export const SetQuota = z.object({ workspace: WorkspaceName, hard: QuotaHard })
export type SetQuota = z.infer<typeof SetQuota>

export const CreateWorkspaceFor = z.object({
  name: WorkspaceName,
  owner: z.object({ kind: z.enum(['User', 'Group']).default('User'), name: z.string().trim().min(1).max(253) }),
  quota: QuotaHard.default({}),
})
export type CreateWorkspaceFor = z.infer<typeof CreateWorkspaceFor>

/** The addresses a workspace has for each client, the same as `npm run status -- --json` prints. */
export const WorkspaceAddresses = z.object({ mlflow: z.url(), kfp: z.url(), feast: z.url(), inference: z.url() })
export type WorkspaceAddresses = z.infer<typeof WorkspaceAddresses>

export function workspaceAddresses(baseUrl: string, workspace: string): WorkspaceAddresses {
  const base = `${baseUrl.replace(/\/$/, '')}/workspaces/${workspace}`
  return { mlflow: `${base}/mlflow`, kfp: `${base}/kfp`, feast: `${base}/feast`, inference: `${base}/serving` }
}
