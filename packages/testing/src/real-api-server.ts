import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type RealApiServer = {
  kubeconfig: string
  /** A kubectl that fits the server; null when only a kubeconfig was given (then `kubectl` of the PATH, if any). */
  kubectl: string | null
  /** Whether it asks and tells the addresses that were wanted: a cluster that was there before does not. */
  hasWebhooks: boolean
  stop(): Promise<void>
}

/** Where an API server asks who a bearer token is, and tells what it refused, and what proves it there. `ca`: of an https address. */
export type ServerWebhooks = { tokenReview: string; audit: string; secret: string; ca?: string }

/** Why there is no server, in words for the list of skipped tests. */
export type NoApiServer = { skipped: string }

const sharedServerVariable = 'KEELSON_TEST_SHARED_KUBE'

/**
 * A real kube-apiserver: the cluster of `KEELSON_TEST_KUBECONFIG`, or one started by the `kube-up` in the folder that
 * `KEELSON_TEST_KUBE` names; the one that the run's files share, unless it has to be `fresh` or to have webhooks, which only a
 * server that is started here can have. With neither, the reason why the test is to be skipped.
 */
export async function withRealApiServer(
  wanted: { fresh?: boolean; webhooks?: ServerWebhooks } = {},
): Promise<RealApiServer | NoApiServer> {
  const given = process.env.KEELSON_TEST_KUBECONFIG
  if (given) {
    if (!existsSync(given)) throw new Error(`KEELSON_TEST_KUBECONFIG names ${given}, which does not exist.`)
    return { kubeconfig: resolve(given), kubectl: null, hasWebhooks: false, stop: async () => {} }
  }
  const folder = process.env.KEELSON_TEST_KUBE
  if (!folder) return { skipped: 'neither KEELSON_TEST_KUBE nor KEELSON_TEST_KUBECONFIG is set' }
  const shared = process.env[sharedServerVariable]
  if (shared && !wanted.fresh && !wanted.webhooks) return { ...JSON.parse(shared), stop: async () => {} }
  return startServer(folder, wanted.webhooks)
}

/** For the test runner's global set-up: one server for all files of the run that ask for no server of their own. */
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

async function startServer(folder: string, webhooks?: ServerWebhooks): Promise<RealApiServer> {
  const up = resolve(folder, 'kube-up')
  if (!existsSync(up)) throw new Error(`KEELSON_TEST_KUBE names ${folder}, which holds no kube-up.`)
  const state = mkdtempSync(join(tmpdir(), 'keelson-test-kube-'))
  const stop = async () => {
    await run(resolve(folder, 'kube-down'), ['--purge', state])
  }
  try {
    const flags = webhooks === undefined ? [] : webhookFlags(state, webhooks)
    const env = { ...process.env, KUBE_UP_APISERVER_ARGS: flags.join(' ') }
    const { stdout } = await run(up, [state], { timeout: 180_000, env })
    const kubeconfig = stdout.trim().split('\n').at(-1) ?? ''
    return { kubeconfig, kubectl: join(state, 'bin', 'kubectl'), hasWebhooks: webhooks !== undefined, stop }
  } catch (error) {
    await stop().catch(() => {})
    throw error
  }
}

/** The flags of kube-apiserver with the files of `deploy/audit`, filled in as an operator does. */
function webhookFlags(folder: string, { tokenReview, audit, secret, ca = '' }: ServerWebhooks): string[] {
  const given = resolve(import.meta.dirname, '../../../deploy/audit')
  const file = (name: string, address: string) => {
    const text = readFileSync(join(given, 'webhook.kubeconfig.yaml'), 'utf8')
    const trusted = `server: ${address}\n      certificate-authority-data: ${Buffer.from(ca).toString('base64')}`
    const filled = text.replace(/server: .*/, trusted).replace(/token: .*/, `token: ${secret}`)
    writeFileSync(join(folder, name), filled, { mode: 0o600 })
    return join(folder, name)
  }
  return [
    `--audit-policy-file=${join(given, 'policy.yaml')}`,
    `--audit-webhook-config-file=${file('audit.kubeconfig', audit)}`,
    '--audit-webhook-batch-max-wait=500ms',
    `--authentication-token-webhook-config-file=${file('tokens.kubeconfig', tokenReview)}`,
    '--authentication-token-webhook-version=v1',
    '--authentication-token-webhook-cache-ttl=5s',
  ]
}
