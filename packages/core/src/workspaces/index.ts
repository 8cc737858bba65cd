/** Workspaces: what a Profile stands for, who owns one, who contributes. Below every domain but access. */
export { grantOfAuthorization } from './authorization-policy.rules.ts'
export { type RoleBinding, roleOfKubeflow, toContributor, toKubeflowRole } from './contributor.rules.ts'
export { createWorkspace, createWorkspaceFor } from './create-workspace.ts'
export { expireGrant } from './expire-grant.ts'
export { getUse, readCapacity } from './get-use.ts'
export { getWorkspace } from './get-workspace.ts'
export { istioPolicyLabel, type PolicyVerdict } from './istio-policy.rules.ts'
export { listVisibleBindings } from './list-bindings.ts'
export { listWorkspaces } from './list-workspaces.ts'
export { addContributor, listContributors, removeContributor, updateContributor } from './manage-contributors.ts'
export { listAllWorkspaces, setQuota } from './operate.ts'
export {
  addressesName,
  type DesiredProfile,
  desiredProfile,
  foreignNamespace,
  type NamespaceLabels,
  namespaceLabels,
  ownerBindingName,
  profileFinalizer,
  profileLabel,
  quotaName,
  specFault,
  surplusLabels,
} from './profile.rules.ts'
export {
  decideRequest,
  getRegistration,
  listRequests,
  readRegistration,
  requestWorkspace,
  setRegistration,
  withdrawRequest,
} from './registration.ts'
export { grantOfBinding } from './service-role.rules.ts'
export { deleteWorkspace, transferOwnership } from './transfer-ownership.ts'
export { podRequests, quantityText, type RequestingPod } from './use.rules.ts'
export { nameFault } from './workspace.rules.ts'
