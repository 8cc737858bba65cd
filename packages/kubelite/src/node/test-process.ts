/** kubelite as the launcher runs it, a process of its own, for tests that kill it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type RequestOptions, request } from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually, freePort } from '@keelson/testing'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

export type KubeliteProcess = {
  /** Resolves when it serves. */
  start(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** Of the process that runs now. */
  pid(): number
  home: string
  /** Options of `node:https` for a request of the admin's. */
  address(): RequestOptions
  /** A request of the admin's. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: string }>
}

export async function kubeliteProcess(
  home: string,
  databaseUrl: string,
  more: Record<string, string> = {},
): Promise<KubeliteProcess> {
  const port = await freePort()
  let kubelite: ChildProcess | undefined
  const address = (): RequestOptions => {
    const token = /token: *"?([^"\s]+)/.exec(readFileSync(join(home, 'admin.kubeconfig'), 'utf8'))?.[1]
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    return { host: '127.0.0.1', port, headers, rejectUnauthorized: false }
  }
  const call: KubeliteProcess['call'] = async (method, path, body) =>
    new Promise((resolve, reject) => {
      const sent = request({ ...address(), path, method }, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
      })
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  return {
    call,
    address,
    home,
    pid: () => kubelite?.pid ?? 0,
    start: async () => {
      // biome-ignore lint/style/noProcessEnv: as a launcher does, it passes on what it was given
      const env = { ...process.env, ...more, KUBELITE_DATABASE_URL: databaseUrl, KUBELITE_HOME: home }
      kubelite = spawn(process.execPath, ['--no-warnings', main], {
        env: { ...env, KUBELITE_PORT: String(port) },
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      await eventually(
        async () => (await call('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200,
        { timeoutMs: 20_000 },
      )
    },
    kill: async () => {
      const ended = new Promise((resolve) => kubelite?.once('exit', resolve))
      if (kubelite?.kill('SIGKILL')) await ended
    },
  }
}
