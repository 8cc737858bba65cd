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

/**
 * A real kube-apiserver: the cluster of `KEELSON_TEST_KUBECONFIG`, or one started by the `kube-up` in the folder that
 * `KEELSON_TEST_KUBE` names. With neither, the reason why the test is to be skipped.
 */
export async function withRealApiServer(): Promise<RealApiServer | NoApiServer> {
  const given = process.env.KEELSON_TEST_KUBECONFIG
  if (given) {
    if (!existsSync(given)) throw new Error(`KEELSON_TEST_KUBECONFIG names ${given}, which does not exist.`)
    return { kubeconfig: resolve(given), kubectl: null, stop: async () => {} }
  }
  const folder = process.env.KEELSON_TEST_KUBE
  if (!folder) return { skipped: 'neither KEELSON_TEST_KUBE nor KEELSON_TEST_KUBECONFIG is set' }
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
