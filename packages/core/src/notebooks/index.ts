/**
 * Notebooks: how one is made, started, stopped and shown. Knows the Notebook resource; must not know HTTP.
 */

export { restartNotebook, setCulling, startNotebook, stopNotebook } from './change-notebook.ts'
export { type ClientParts, notebookClientParts } from './client-parts.rules.ts'
export { cloneNotebook } from './clone-notebook.ts'
export {
  type CullingPlan,
  type CullingSettings,
  type NotebookActivity,
  planCulling,
  planRest,
  untilLook,
  warningMs,
} from './culling.rules.ts'
export { deleteNotebook } from './delete-notebook.ts'
export { findNotebookPod, getNotebook, readNotebook, serverOf } from './get-notebook.ts'
export { getSpawner, listGpus, listStorageClasses, podDefaultChoice } from './get-spawner.ts'
export { listNotebookEvents, listNotebooks, readNotebooks } from './list-notebooks.ts'
export { lookAtNotebook } from './look-at-notebook.ts'
export {
  desiredNotebook,
  foreignChild,
  type NotebookOptions,
  notebookFault,
  notebookPort,
  notebookPrefix,
} from './notebook.rules.ts'
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
export { type NotebookPhase, phaseOf, toServer } from './notebook-view.rules.ts'
export {
  applyPodDefaults,
  type DefaultedPod,
  type JsonPatch,
  type PodDefaulting,
  podDefaultsLabel,
} from './pod-default.rules.ts'
export { followNotebookLogs, readPodLogs } from './read-notebook-logs.ts'
export { resizeNotebook } from './resize-notebook.ts'
export { draftNotebook, listPodDefaults, spawnerConfig, spawnNotebook } from './spawn-notebook.ts'
export { shortImage } from './spawner-config.rules.ts'
export { openSpawnerSource, type SpawnerSource } from './spawner-source.ts'
