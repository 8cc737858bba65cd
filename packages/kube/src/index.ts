/**
 * A typed Kubernetes client over @kubernetes/client-node for controllers and use cases: reads, server-side apply, status,
 * informers, reconcilers. Knows no ML word, and not which server it talks to.
 */
export type {
  ApiKind,
  Informer,
  InformerEvent,
  KubeApi,
  KubeUser,
  ListOptions,
  ObjectChange,
  ObjectRef,
  ObjectTable,
  OpenApiDocument,
  Resource,
  Written,
} from './api.ts'
export { createEventRecorder, type EventRecorder, type RecordedEvent } from './event-recorder.ts'
export { keyOf } from './informer.ts'
export { type LeadershipOptions, leadWith } from './leader.ts'
export { type OpenedKube, type OpenKubeOptions, openKube } from './open-kube.ts'
export { quantityOf } from './quantity.ts'
export {
  after,
  done,
  ownersOfKind,
  type ReconcileResult,
  type ReconcilerOptions,
  refOfKey,
  runReconciler,
  type Source,
  source,
} from './reconciler.ts'
export { apiVersionOf, resources } from './resources.ts'
export { isExpired, KubeRefusal } from './status.ts'
export { createWorkQueue, type WorkQueue, type WorkQueueOptions } from './work-queue.ts'
