/** kubelite for tests of any package: its own state folder, a free port, on a Postgres that the caller gives. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiServer, type ApiServerOptions, startApiServer } from '../api-server.ts'

export type TestKubelite = ApiServer & { stateFolder: string }

/** Starts the API server (no node, no workload controllers). `stop()` also removes the state folder, unless it was given. */
export async function withKubelite(options: Omit<ApiServerOptions, 'stateFolder'> & { stateFolder?: string }): Promise<TestKubelite> {
  const stateFolder = options.stateFolder ?? (await mkdtemp(join(tmpdir(), 'kubelite-')))
  const server = await startApiServer({ ...options, stateFolder })
  return {
    ...server,
    stateFolder,
    stop: async () => {
      await server.stop()
      if (options.stateFolder === undefined) await rm(stateFolder, { recursive: true, force: true })
    },
  }
}
