/**
 * Volumes: the claims of a workspace, who uses them, and how they are made and deleted. Knows PersistentVolumeClaims and
 * PVCViewers; must not know HTTP.
 */
export { createVolume, deleteVolume, draftVolume, getVolumeChoices } from './change-volume.ts'
export { type Claim, type ClaimEvent, phaseOf, statusOf, toVolume, usedAnnotation } from './claim.rules.ts'
export {
  type FilesHealth,
  filesPort,
  fileViewerName,
  fileViewerOf,
  isIdle,
} from './file-viewer.rules.ts'
export { getVolume, listClaimEvents, listVolumes, readClaim, readClaims } from './list-volumes.ts'
export { closeFiles, deleteViewer, endViewer, filesQuestion, getFilesState, openFiles } from './open-files.ts'
export {
  desiredViewer,
  viewerFault,
  viewerLabels,
  viewerStatus,
  volumeAffinity,
} from './viewer.rules.ts'
export { isViewer, type Pod, readVolumeUsers, type VolumeUsers } from './volume-users.ts'
