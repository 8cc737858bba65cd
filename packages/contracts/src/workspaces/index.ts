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

export const Contributor = z.object({
  binding: z.string(),
  subjectKind: z.enum(['User', 'Group']),
  subject: z.string(),
  role: WorkspaceRole,
})
export type Contributor = z.infer<typeof Contributor>

export const AddContributor = z.object({
  workspace: WorkspaceName,
  subjectKind: z.enum(['User', 'Group']).default('User'),
  subject: z.string().trim().min(1).max(253),
  role: WorkspaceRole,
})
export type AddContributor = z.infer<typeof AddContributor>

export const RemoveContributor = z.object({ workspace: WorkspaceName, binding: z.string().min(1).max(253) })
export type RemoveContributor = z.infer<typeof RemoveContributor>

/** The addresses a workspace has for each client, the same as `npm run status -- --json` prints. */
export const WorkspaceAddresses = z.object({ mlflow: z.url(), kfp: z.url(), feast: z.url(), inference: z.url() })
export type WorkspaceAddresses = z.infer<typeof WorkspaceAddresses>

export function workspaceAddresses(baseUrl: string, workspace: string): WorkspaceAddresses {
  const base = `${baseUrl.replace(/\/$/, '')}/workspaces/${workspace}`
  return { mlflow: `${base}/mlflow`, kfp: `${base}/kfp`, feast: `${base}/feast`, inference: `${base}/serving` }
}
