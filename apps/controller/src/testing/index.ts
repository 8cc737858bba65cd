/** The controller as a process of its own, as it runs in earnest, so that tests can kill it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installRoles } from '@keelson/core/testing'
import { type OpenedKube, openKube, resources } from '@keelson/kube'
import { installCrds, type TestServer } from '@keelson/kube/testing'
import { eventually } from '@keelson/testing'
import { parse, stringify } from 'yaml'

export type ControllerProcess = {
  /** SIGKILL, and resolves when it is gone. */
  kill(): Promise<void>
  /** Starts it again after a kill. */
  start(): void
  output(): string
}

export function controllerProcess(env: {
  databaseUrl: string
  kubeconfig: string
  namespace: string
  /** Who it is in the election; the same by default, so that it takes over from its killed self at once. */
  identity?: string
}): ControllerProcess {
  let child: ChildProcess | undefined
  const lines: string[] = []
  const artifacts = temporaryFolder('keelson-controller-')
  const start = () => {
    const started = spawn(process.execPath, [join(import.meta.dirname, '../main.ts')], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        DATABASE_URL: env.databaseUrl,
        KEELSON_KUBECONFIG: env.kubeconfig,
        KEELSON_NAMESPACE: env.namespace,
        KEELSON_ARTIFACTS: artifacts,
        KEELSON_LEADER_IDENTITY: env.identity ?? 'test',
      },
    })
    const hear = (chunk: Buffer) => {
      lines.push(chunk.toString())
      appendFileSync(join(artifacts, 'controller.log'), chunk)
    }
    started.stdout?.on('data', hear)
    started.stderr?.on('data', hear)
    child = started
  }
  return {
    start,
    kill: async () => {
      const dying = child
      if (!dying || dying.exitCode !== null || dying.signalCode !== null) return
      await new Promise<void>((resolve) => {
        dying.once('exit', () => resolve())
        dying.kill('SIGKILL')
      })
    },
    output: () => lines.join(''),
  }
}

/** The kubeconfig of an administrator with another identity in it: a token of a service account. */
export function kubeconfigWith(token: string, adminKubeconfig: string): string {
  const config = parse(readFileSync(adminKubeconfig, 'utf8')) as { users: { name: string; user: object }[] }
  const path = join(temporaryFolder('keelson-kubeconfig-'), 'kubeconfig')
  const users = config.users.map(({ name }) => ({ name, user: { token } }))
  writeFileSync(path, stringify({ ...config, users }), { mode: 0o600 })
  return path
}

/**
 * Puts Keelson's definitions, roles and the namespaces (with their labels) on a server, and opens it as the controller's own account,
 * whose rights are all that a reconciler under test has.
 */
export async function openAsController(
  server: TestServer,
  namespaces: Readonly<Record<string, Record<string, string>>>,
): Promise<OpenedKube> {
  const { kube, kubeconfigPath } = server
  await installCrds(kube)
  await installRoles(kube)
  for (const [name, labels] of Object.entries(namespaces)) {
    await kube.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
    const account = { namespace: name, name: 'default' }
    await eventually(() => kube.get(resources.serviceAccounts, account), { timeoutMs: 60_000 })
  }
  const token = await server.requestToken({ namespace: 'keelson-system', name: 'keelson-controller' }, [])
  return openKube({ cluster: { kubeconfigPath: kubeconfigWith(token, kubeconfigPath) } })
}

/** A folder that is gone with the test process. */
function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
