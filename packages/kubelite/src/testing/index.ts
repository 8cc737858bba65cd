/** kubelite for tests of any package: its own state folder, a free port, on a Postgres that the caller gives. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApiServer } from '../api-server.ts'
import { loadServingIdentity } from '../auth/key-files.ts'
import { type Kubelite, type KubeliteOptions, startKubelite } from '../kubelite.ts'
import { removeAllPods } from '../node/index.ts'

export { type KubeliteProcess, kubeliteProcess } from '../node/test-process.ts'
export { removeAllPods }

export type TestKubelite = Kubelite & { stateFolder: string }
export type TestKubeliteOptions = Omit<KubeliteOptions, 'stateFolder'> & {
  /** Kept by the caller when given; else a folder that `stop()` removes. */
  stateFolder?: string
  /** Default `api`: no workload controllers and no node, so nothing changes by itself. `all` runs pods as processes. */
  run?: 'api' | 'all'
}

/** Starts kubelite and returns its kubeconfig path, URL, admin token and `stop()`. */
export async function withKubelite(options: TestKubeliteOptions): Promise<TestKubelite> {
  const { run = 'api', ...rest } = options
  const stateFolder = options.stateFolder ?? (await mkdtemp(join(tmpdir(), 'kubelite-')))
  const start = run === 'all' ? startKubelite : startApiServer
  const server = await start({ ...rest, stateFolder })
  return {
    ...server,
    stateFolder,
    stop: async () => {
      await server.stop()
      if (options.stateFolder !== undefined) return
      await removeAllPods(join(stateFolder, 'node'))
      await rm(stateFolder, { recursive: true, force: true })
    },
  }
}

/** A certificate for this machine with the authority that signed it, for a server that a test puts beside kubelite. */
export async function testIdentity(hosts: readonly string[]): Promise<{ ca: string; cert: string; key: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'kubelite-identity-'))
  try {
    return loadServingIdentity(folder, hosts, new Date())
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
