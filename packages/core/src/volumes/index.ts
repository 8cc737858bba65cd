/**
 * Volumes: the claims of a workspace, who uses them, and how they are made and deleted. Knows PersistentVolumeClaims and
 * PVCViewers; must not know HTTP.
 */
export { createVolume, deleteVolume, draftVolume, getVolumeChoices } from './change-volume.ts'
export { type Claim, type ClaimEvent, phaseOf, statusOf, toVolume, usedAnnotation } from './claim.rules.ts'
export { getVolume, listClaimEvents, listVolumes, readClaim, readClaims } from './list-volumes.ts'
export { isViewer, type Pod, readVolumeUsers, type VolumeUsers } from './volume-users.ts'
