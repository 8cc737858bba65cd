import type { WorkspaceRole } from '@keelson/contracts/access'

/** The roles in words, as the workspace roles of deploy/rbac grant them. */
export const roleWords: readonly { role: WorkspaceRole; words: string; warning?: string }[] = [
  {
    role: 'viewer',
    words:
      'Sees jobs, logs, runs, models, endpoints, monitoring, lineage, quotas and configuration. Changes nothing, reads no Secret and asks no endpoint.',
  },
  {
    role: 'contributor',
    words:
      'All of that, and: submits and deletes jobs, logs runs, registers versions, asks for stages, deploys endpoints, asks them and labels predictions.',
    warning:
      'A contributor reads and changes every Secret of the workspace, opens a shell in its pods, and can run as any ServiceAccount of it: what those may do, a contributor may do.',
  },
  {
    role: 'owner',
    words:
      'All of that, and: approves stages and sets their gates, gives and takes roles, reads the audit trail. Nobody gives more than they have.',
    warning: 'An owner can take the role of everybody else, but for the one who owns the workspace itself.',
  },
]
