import { router } from '../trpc.ts'
import { addContributor } from './add-contributor.ts'
import { createWorkspace } from './create-workspace.ts'
import { deleteWorkspace } from './delete-workspace.ts'
import { getUse } from './get-use.ts'
import { getWorkspace } from './get-workspace.ts'
import { listContributors } from './list-contributors.ts'
import { listWorkspaces } from './list-workspaces.ts'
import { registration } from './registration.ts'
import { removeContributor } from './remove-contributor.ts'
import { requestWorkspace } from './request-workspace.ts'
import { transferOwnership } from './transfer-ownership.ts'
import { updateContributor } from './update-contributor.ts'
import { withdrawRequest } from './withdraw-request.ts'

export const workspacesRouter = router({
  list: listWorkspaces,
  get: getWorkspace,
  create: createWorkspace,
  listContributors,
  addContributor,
  updateContributor,
  removeContributor,
  transferOwnership,
  delete: deleteWorkspace,
  use: getUse,
  registration,
  request: requestWorkspace,
  withdrawRequest,
})
