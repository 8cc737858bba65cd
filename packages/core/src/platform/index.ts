/** Facts of the installation itself. */
export { getInfo, type Installation } from './get-info.ts'
export { type KindSetting, parseKindSetting } from './kind-owners.rules.ts'
export { keptKindOwners, lookAtKinds, requireOwnKind } from './kind-owners.ts'
export { getSample, reportSample } from './sample.ts'
export { settings } from './settings.store.ts'
