export { createFolderArtifactStore, type FolderArtifactStoreOptions } from './folder-store.ts'
export { cleanRelativePath, partsOfKey } from './key.rules.ts'
export type { ArtifactEntry, ArtifactStore } from './store.ts'
export { deleteArtifacts, listArtifacts, readArtifact, writeArtifact } from './use-artifacts.ts'
