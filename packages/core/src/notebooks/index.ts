/**
 * Notebooks: where each one is, and who may open it. Knows the Notebook resource and its Service; must not know HTTP.
 */
export { type ClientParts, notebookClientParts } from './client-parts.rules.ts'
export {
  type CullingPlan,
  type CullingSettings,
  type NotebookActivity,
  planCulling,
  planRest,
  untilLook,
  warningMs,
} from './culling.rules.ts'
export { lookAtNotebook } from './look-at-notebook.ts'
export {
  desiredNotebook,
  foreignChild,
  type NotebookFault,
  type NotebookOptions,
  notebookFault,
  notebookPort,
} from './notebook.rules.ts'
export { type NotebookRoute, notebookPrefix, notebookRouteOf, parseNotebookPath } from './notebook-route.rules.ts'
export {
  desiredNotebookStatus,
  type NotebookPod,
  notebookOfEvent,
  type ObservedNotebook,
  podRefusal,
  refusedType,
  reissuedEvent,
  sameEvent,
  sameNotebookStatus,
} from './notebook-status.rules.ts'
export { connectQuestion, existingRoute, openNotebook } from './open-notebook.ts'
export {
  applyPodDefaults,
  type DefaultedPod,
  type JsonPatch,
  type PodDefaulting,
  podDefaultsLabel,
} from './pod-default.rules.ts'
export { type NotebookRoutes, watchNotebookRoutes } from './watch-notebook-routes.ts'
