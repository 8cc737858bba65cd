import type { WorkspaceRole } from '@keelson/contracts/access'

/** The roles in words, as the workspace roles of deploy/rbac grant them. */
export const roleWords: readonly { role: WorkspaceRole; words: string; warning?: string }[] = [
  {
    role: 'viewer',
    words:
      'Sees jobs, logs, runs, models, endpoints, monitoring and lineage. Changes nothing, reads no secrets and asks no endpoint.',
  },
  {
    role: 'contributor',
    words:
      'All of that, and: submits and deletes jobs, logs runs, registers versions, asks for stages, deploys endpoints, asks them and labels predictions.',
    warning: 'A contributor can read every secret of the workspace, since the pods they start can.',
  },
  {
    role: 'owner',
    words:
      'All of that, and: approves stages and sets their gates, adds and removes contributors, reads the audit trail.',
  },
]
