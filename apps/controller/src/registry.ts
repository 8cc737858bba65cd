/** Every reconciler of the controller, in the order in which they start. A new one is a line here. */
import {
  authorizationPolicyKind,
  inferenceServiceKind,
  notebookKind,
  podDefaultKind,
  profileKind,
  pvcViewerKind,
  serviceRoleBindingKind,
  serviceRoleKind,
  tensorboardKind,
  trainingKinds,
} from '@keelson/contracts/kinds'
import { whereOurs } from './kind-owners.ts'
import { notebookCuller } from './notebooks/culler.ts'
import { notebookReconciler } from './notebooks/notebook.ts'
import type { Reconciler } from './parts.ts'
import { podDefaultMarker, podDefaultUnmarker } from './pod-defaults/marker.ts'
import { eventProjector } from './reconcilers/event-projector.ts'
import { grantExpiry } from './reconcilers/grant-expiry.ts'
import {
  authorizationPolicyReconciler,
  serviceRoleBindingReconciler,
  serviceRoleReconciler,
} from './reconcilers/istio-policies.ts'
import { jobProjector } from './reconcilers/job-projector.ts'
import { logKeeper } from './reconcilers/log-keeper.ts'
import { profileReconciler } from './reconcilers/profile.ts'
import { runKeeper } from './reconcilers/run-keeper.ts'
import { driftMonitor } from './serving/drift-monitor.ts'
import { inferenceServiceProjector, inferenceServiceReconciler } from './serving/inference-service.ts'
import { trainingJobReconciler } from './training/training-job.ts'
import { usageSampler } from './training/usage-sampler.ts'
import { fileViewerKeeper } from './volumes/file-viewer-keeper.ts'
import { pvcViewerReconciler } from './volumes/pvc-viewer.ts'
import { tensorboardReconciler } from './volumes/tensorboard.ts'

export const reconcilers: Readonly<Record<string, Reconciler>> = {
  profile: whereOurs(profileKind, profileReconciler),
  'grant-expiry': grantExpiry,
  notebook: whereOurs(notebookKind, notebookReconciler),
  'notebook-culler': whereOurs(notebookKind, notebookCuller),
  'pod-default': whereOurs(podDefaultKind, podDefaultMarker, podDefaultUnmarker),
  tensorboard: whereOurs(tensorboardKind, tensorboardReconciler),
  'pvc-viewer': whereOurs(pvcViewerKind, pvcViewerReconciler),
  // Also where another operator makes the viewers true: ending them is ours.
  'file-viewer-keeper': fileViewerKeeper,
  inferenceService: whereOurs(inferenceServiceKind, inferenceServiceReconciler, inferenceServiceProjector),
  'service-role-binding': whereOurs(serviceRoleBindingKind, serviceRoleBindingReconciler),
  'authorization-policy': whereOurs(authorizationPolicyKind, authorizationPolicyReconciler),
  'service-role': whereOurs(serviceRoleKind, serviceRoleReconciler),
  ...Object.fromEntries(trainingKinds.map((kind) => [kind.singular, whereOurs(kind, trainingJobReconciler(kind))])),
  drift: driftMonitor,
  'job-projector': jobProjector,
  'log-keeper': logKeeper,
  'run-keeper': runKeeper,
  'usage-sampler': usageSampler,
  'event-projector': eventProjector,
}
