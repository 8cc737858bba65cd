export type { ArtifactEntry, ArtifactStore } from './store.ts'
