import type { SpawnSyncOptions, SpawnSyncReturns } from 'node:child_process'

/** Runs the Prisma CLI in the repository's root (or `cwd`); `env` is added to this process's. */
export function prisma(
  args: readonly string[],
  options?: Omit<SpawnSyncOptions, 'env' | 'encoding'> & { env?: Record<string, string>; encoding?: 'utf8' },
): SpawnSyncReturns<string>
