/** Workspaces: what a Profile stands for, who owns one, who contributes. Below every domain but access. */
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
