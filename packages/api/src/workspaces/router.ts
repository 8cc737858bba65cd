import { router } from '../trpc.ts'
import { addContributor } from './add-contributor.ts'
import { createWorkspace } from './create-workspace.ts'
import { getWorkspace } from './get-workspace.ts'
import { listContributors } from './list-contributors.ts'
import { listWorkspaces } from './list-workspaces.ts'
import { removeContributor } from './remove-contributor.ts'

export const workspacesRouter = router({
  list: listWorkspaces,
  get: getWorkspace,
  create: createWorkspace,
  listContributors,
  addContributor,
  removeContributor,
})
