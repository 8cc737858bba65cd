/** Workspaces: what a Profile stands for, who owns one, who contributes. Below every domain but access. */
export { createWorkspace } from './create-workspace.ts'
export { getWorkspace } from './get-workspace.ts'
export { listWorkspaces } from './list-workspaces.ts'
export { addContributor, listContributors, removeContributor } from './manage-contributors.ts'
export {
  type DesiredProfile,
  desiredProfile,
  foreignNamespace,
  ownerBindingName,
  profileFinalizer,
  profileLabel,
  quotaName,
  specFault,
} from './profile.rules.ts'
export { nameFault } from './workspace.rules.ts'
