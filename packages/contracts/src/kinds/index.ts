/**
 * The custom resources that Keelson serves, with upstream's group, versions and fields. `deploy/crds` is generated from
 * {@link customKinds}: add a kind here, then run `node tooling/generators/crds.ts`.
 */
import { authorizationPolicyKind } from './authorization-policy.ts'
import type { CustomKind } from './custom-kind.ts'
import { inferenceServiceKind } from './inference-service.ts'
import { notebookKind } from './notebook.ts'
import { podDefaultKind } from './pod-default.ts'
import { profileKind } from './profile.ts'
import { pvcViewerKind } from './pvc-viewer.ts'
import { serviceRoleBindingKind, serviceRoleKind } from './service-role.ts'
import { tensorboardKind } from './tensorboard.ts'
import { trainingKinds } from './training-job.ts'

export {
  frameworkOf,
  jobUidOf,
  type TrainingFramework,
  type TrainingKindName,
  trainingFrameworks,
  trainingLabels,
  trainingManager,
} from '../training-frameworks/index.ts'
export {
  type AuthorizationPolicy,
  type AuthorizationPolicySpec,
  authorizationPolicyKind,
} from './authorization-policy.ts'
export { Condition, type CustomKind, definitionName, type KindVersion, openObject, Quantity } from './custom-kind.ts'
export {
  type InferenceService,
  InferenceServiceSpec,
  InferenceServiceStatus,
  inferenceServiceKind,
  ModelFailure,
  PredictorFramework,
  PredictorModel,
} from './inference-service.ts'
export {
  type Notebook,
  NotebookCondition,
  NotebookSpec,
  NotebookStatus,
  notebookAnnotations,
  notebookKind,
  notebookLabels,
} from './notebook.ts'
export { type PodDefault, PodDefaultSpec, podDefaultKind } from './pod-default.ts'
export { type Profile, ProfileSpec, ProfileStatus, profileKind } from './profile.ts'
export {
  fileViewerLabel,
  type PvcViewer,
  PvcViewerSpec,
  PvcViewerStatus,
  pvcViewerKind,
  viewerPartOf,
} from './pvc-viewer.ts'
export {
  type ServicePolicyStatus,
  type ServiceRole,
  type ServiceRoleBinding,
  serviceRoleBindingKind,
  serviceRoleKind,
} from './service-role.ts'
export { type Tensorboard, TensorboardSpec, TensorboardStatus, tensorboardKind } from './tensorboard.ts'
export {
  type ElasticPolicy,
  ReplicaRestartPolicy,
  ReplicaSpec,
  RunPolicy,
  type TrainingJob,
  TrainingJobCondition,
  type TrainingJobSpec,
  TrainingJobStatus,
  trainingKinds,
} from './training-job.ts'

export const customKinds: readonly CustomKind[] = [
  profileKind,
  notebookKind,
  podDefaultKind,
  pvcViewerKind,
  tensorboardKind,
  inferenceServiceKind,
  serviceRoleBindingKind,
  serviceRoleKind,
  authorizationPolicyKind,
  ...trainingKinds,
]
