import type { Readable } from 'node:stream'

/** One file or folder below the asked path; `path` is relative to it. `sizeBytes` is null for folders. */
export type ArtifactEntry = { path: string; isDirectory: boolean; sizeBytes: number | null }

/**
 * Where artifacts are kept. Keys are `/`-separated and relative (`<workspace>/<experiment>/<run>/artifacts/model/MLmodel`);
 * a key that leaves its root throws `invalid`. A write is seen whole or not at all.
 */
export type ArtifactStore = {
  write(key: string, body: Readable, signal?: AbortSignal): Promise<{ sizeBytes: number }>
  /** Throws `not_found`. */
  read(key: string): Promise<{ body: Readable; sizeBytes: number }>
  list(prefix: string): Promise<ArtifactEntry[]>
  delete(prefix: string): Promise<void>
}
