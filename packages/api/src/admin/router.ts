import { router } from '../trpc.ts'
import { createWorkspaceFor } from './create-workspace-for.ts'
import { decideRequest } from './decide-request.ts'
import { endAccess } from './end-access.ts'
import { endView } from './end-view.ts'
import { getPerson } from './get-person.ts'
import { listAudit } from './list-audit.ts'
import { listGroups } from './list-groups.ts'
import { listPeople } from './list-people.ts'
import { listRequests } from './list-requests.ts'
import { listWorkloads } from './list-workloads.ts'
import { listAllWorkspaces } from './list-workspaces.ts'
import { setPersonDisabled } from './set-person-disabled.ts'
import { setQuota } from './set-quota.ts'
import { setRegistration } from './set-registration.ts'
import { startView } from './start-view.ts'

/** For operators: each procedure's use case asks the API server anew whether the caller is one. */
export const adminRouter = router({
  people: listPeople,
  person: getPerson,
  groups: listGroups,
  workspaces: listAllWorkspaces,
  workloads: listWorkloads,
  requests: listRequests,
  audit: listAudit,
  setPersonDisabled,
  endAccess,
  createWorkspaceFor,
  setQuota,
  decideRequest,
  setRegistration,
  startView,
  endView,
})
