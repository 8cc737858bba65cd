import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type RealApiServer = {
  kubeconfig: string
  /** A kubectl that fits the server; null when only a kubeconfig was given (then `kubectl` of the PATH, if any). */
  kubectl: string | null
  stop(): Promise<void>
}

/** Why there is no server, in words for the list of skipped tests. */
export type NoApiServer = { skipped: string }

const sharedServerVariable = 'KEELSON_TEST_SHARED_KUBE'

/**
 * A real kube-apiserver: the cluster of `KEELSON_TEST_KUBECONFIG`, or one started by the `kube-up` in the folder that
 * `KEELSON_TEST_KUBE` names; the one that the run's files share, unless it has to be `fresh`. With neither, the reason why
 * the test is to be skipped.
 */
export async function withRealApiServer(options: { fresh?: boolean } = {}): Promise<RealApiServer | NoApiServer> {
  const given = process.env.KEELSON_TEST_KUBECONFIG
  if (given) {
    if (!existsSync(given)) throw new Error(`KEELSON_TEST_KUBECONFIG names ${given}, which does not exist.`)
    return { kubeconfig: resolve(given), kubectl: null, stop: async () => {} }
  }
  const folder = process.env.KEELSON_TEST_KUBE
  if (!folder) return { skipped: 'neither KEELSON_TEST_KUBE nor KEELSON_TEST_KUBECONFIG is set' }
  const shared = process.env[sharedServerVariable]
  return shared && !options.fresh ? { ...JSON.parse(shared), stop: async () => {} } : startServer(folder)
}

/** For the test runner's global set-up: one server for all files of the run that ask for no fresh one. */
export async function shareRealApiServer(): Promise<() => Promise<void>> {
  const folder = process.env.KEELSON_TEST_KUBE
  if (!folder || process.env.KEELSON_TEST_KUBECONFIG || process.env[sharedServerVariable]) return async () => {}
  const { stop, ...server } = await startServer(folder)
  process.env[sharedServerVariable] = JSON.stringify(server)
  return async () => {
    delete process.env[sharedServerVariable]
    await stop()
  }
}

async function startServer(folder: string): Promise<RealApiServer> {
  const up = resolve(folder, 'kube-up')
  if (!existsSync(up)) throw new Error(`KEELSON_TEST_KUBE names ${folder}, which holds no kube-up.`)
  const state = mkdtempSync(join(tmpdir(), 'keelson-test-kube-'))
  const stop = async () => {
    await run(resolve(folder, 'kube-down'), ['--purge', state])
  }
  try {
    const { stdout } = await run(up, [state], { timeout: 180_000 })
    return { kubeconfig: stdout.trim().split('\n').at(-1) ?? '', kubectl: join(state, 'bin', 'kubectl'), stop }
  } catch (error) {
    await stop().catch(() => {})
    throw error
  }
}
