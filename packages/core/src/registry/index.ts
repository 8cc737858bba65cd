/**
 * Registered models, their versions, aliases and stages: MLflow's registry with gates, approvals and a history. Knows
 * MLflow's rules and messages, not its wire format; must not know how a version is served.
 */
export { getModelDetail, getVersionArtifactPath, getVersionDetail, listModels } from './get-model.ts'
export {
  type CreateModelVersion,
  createModelVersion,
  deleteModelAlias,
  deleteModelVersion,
  deleteModelVersionTag,
  getLatestVersions,
  getModelVersion,
  getVersionByAlias,
  setModelAlias,
  setModelVersionTag,
  updateModelVersion,
} from './model-versions.ts'
export {
  createRegisteredModel,
  deleteRegisteredModel,
  deleteRegisteredModelTag,
  getRegisteredModel,
  renameRegisteredModel,
  setRegisteredModelTag,
  updateRegisteredModel,
} from './registered-models.ts'
export { promptTag, type RegistryModel, type RegistryVersion } from './registry-entity.ts'
export { searchModelVersions, searchRegisteredModels } from './search-registry.ts'
export { decideTransition, requestTransition, setGate, transitionVersionStage } from './transition-stage.ts'
