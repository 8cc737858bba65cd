/** One way to talk to kubelite and to a real API server: raw HTTPS and kubectl, from a kubeconfig. */
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request as httpsRequest } from 'node:https'
import { promisify } from 'node:util'
import { parse } from 'yaml'

// biome-ignore lint/suspicious/noExplicitAny: answers are JSON whose shape each assertion states.
export type Json = any
export type Answer = { status: number; body: Json; headers: Record<string, string | string[] | undefined> }
export type CallOptions = { body?: unknown; type?: string; headers?: Record<string, string | string[]>; raw?: string }
export type WatchedEvent = { type: string; object: Json }

type Access = { server: string; ca?: string; cert?: string; key?: string; token?: string }
const run = promisify(execFile)
const decode = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, 'base64').toString())

function readAccess(path: string): Access {
  const config = parse(readFileSync(path, 'utf8')) as Json
  const { cluster } = config.clusters[0]
  const { user } = config.users[0]
  const file = (inline: string | undefined, name: string | undefined) =>
    decode(inline) ?? (name === undefined ? undefined : readFileSync(name, 'utf8'))
  return {
    server: cluster.server,
    ca: file(cluster['certificate-authority-data'], cluster['certificate-authority']),
    cert: file(user['client-certificate-data'], user['client-certificate']),
    key: file(user['client-key-data'], user['client-key']),
    token: user.token,
  } as Access
}

export class Cluster {
  readonly kubeconfig: string
  readonly #kubectl: string
  readonly #access: Access
  readonly #agent: Agent

  constructor(kubeconfig: string, kubectl: string) {
    this.kubeconfig = kubeconfig
    this.#kubectl = kubectl
    this.#access = readAccess(kubeconfig)
    const { ca, cert, key } = this.#access
    this.#agent = new Agent({
      keepAlive: true,
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
    })
  }

  call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const payload = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
    return new Promise((resolve, reject) => {
      const request = this.#open(method, path, options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          let body: Json = text
          try {
            body = JSON.parse(text)
          } catch {
            // Not JSON: health checks and logs are text.
          }
          resolve({ status: response.statusCode ?? 0, body, headers: response.headers })
        })
      })
      request.on('error', reject)
      request.end(payload)
    })
  }

  #open(method: string, path: string, options: CallOptions, onResponse: Parameters<typeof httpsRequest>[2]) {
    const url = new URL(path, this.#access.server)
    const headers = {
      Accept: 'application/json',
      'User-Agent': 'conformance/1',
      ...(options.body === undefined && options.raw === undefined
        ? {}
        : {
            'Content-Type': options.type ?? 'application/json',
            'Content-Length': String(Buffer.byteLength(options.raw ?? JSON.stringify(options.body))),
          }),
      ...(this.#access.token ? { Authorization: `Bearer ${this.#access.token}` } : {}),
      ...options.headers,
    }
    // A connection that was to leave HTTP is used for nothing else.
    const isUpgrade = options.headers?.Upgrade !== undefined
    const agent = isUpgrade ? new Agent({ ...this.#agent.options, keepAlive: false }) : this.#agent
    return httpsRequest(url, { method, agent, headers }, onResponse)
  }

  get = (path: string, headers?: Record<string, string | string[]>) =>
    this.call('GET', path, headers ? { headers } : {})
  post = (path: string, body: unknown, headers?: Record<string, string | string[]>) =>
    this.call('POST', path, { body, ...(headers ? { headers } : {}) })
  put = (path: string, body: unknown) => this.call('PUT', path, { body })
  del = (path: string, body?: unknown) => this.call('DELETE', path, body === undefined ? {} : { body })
  merge = (path: string, body: unknown) => this.call('PATCH', path, { body, type: 'application/merge-patch+json' })
  strategic = (path: string, body: unknown) =>
    this.call('PATCH', path, { body, type: 'application/strategic-merge-patch+json' })
  json = (path: string, body: unknown) => this.call('PATCH', path, { body, type: 'application/json-patch+json' })
  apply = (path: string, manager: string, body: unknown, force = false) =>
    this.call('PATCH', `${path}?fieldManager=${manager}${force ? '&force=true' : ''}`, {
      body,
      type: 'application/apply-patch+yaml',
    })

  /** Reads a watch until `until` says enough, then closes it. */
  watch(
    path: string,
    until: (events: WatchedEvent[]) => boolean,
    options: { onOpen?: () => void; timeoutMs?: number } = {},
  ): Promise<WatchedEvent[]> {
    return new Promise((resolve, reject) => {
      const events: WatchedEvent[] = []
      let rest = ''
      const request = this.#open('GET', path, {}, (response) => {
        options.onOpen?.()
        const finish = () => {
          clearTimeout(timer)
          request.destroy()
          resolve(events)
        }
        response.on('data', (chunk: Buffer) => {
          const lines = (rest + chunk.toString()).split('\n')
          rest = lines.pop() ?? ''
          events.push(...lines.filter(Boolean).map((line) => JSON.parse(line) as WatchedEvent))
          if (until(events)) finish()
        })
        response.on('end', finish)
      })
      const timer = setTimeout(() => {
        request.destroy()
        reject(
          new Error(
            `watch timed out with ${JSON.stringify(events.map((event) => [event.type, event.object?.metadata?.name]))}`,
          ),
        )
      }, options.timeoutMs ?? 10_000)
      request.on('error', (error) => (events.length > 0 && until(events) ? undefined : reject(error)))
      request.end()
    })
  }

  /** Calls `onEvent` with all that a watch tells, from the moment it is open until `close()`. */
  follow(path: string, onEvent: (event: WatchedEvent) => void): Promise<{ close: () => void }> {
    return new Promise((resolve, reject) => {
      let rest = ''
      const request = this.#open('GET', path, {}, (response) => {
        if (response.statusCode !== 200) reject(new Error(`watch of ${path}: ${response.statusCode}`))
        resolve({ close: () => void request.destroy() })
        response.on('error', () => {})
        response.on('data', (chunk: Buffer) => {
          const lines = (rest + chunk.toString()).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines.filter(Boolean)) onEvent(JSON.parse(line) as WatchedEvent)
        })
      })
      request.on('error', reject)
      request.end()
    })
  }

  /** Runs kubectl; a failure is an answer too. */
  async kubectl(
    args: readonly string[],
    input?: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = run(this.#kubectl, args, {
      timeout: 40_000,
      maxBuffer: 32 * 1024 * 1024,
      env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', KUBECONFIG: this.kubeconfig, KUBECTL: this.#kubectl, ...env },
    })
    child.child.stdin?.end(input ?? '')
    return child.then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code?: number; stdout?: string; stderr?: string }) => ({
        code: error.code ?? 1,
        stdout: error.stdout ?? '',
        stderr: error.stderr ?? '',
      }),
    )
  }

  /** Starts a kubectl that goes on until it is stopped; `output` is what it has printed so far. */
  startKubectl(args: readonly string[]): { output(): string; stop(): void } {
    const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent', KUBECONFIG: this.kubeconfig }
    const child = spawn(this.#kubectl, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
    return { output: () => printed, stop: () => void child.kill('SIGKILL') }
  }

  /** A namespace of its own with its default account ready. */
  async namespace(): Promise<string> {
    const name = `conf-${randomBytes(4).toString('hex')}`
    const made = await this.post('/api/v1/namespaces', { metadata: { name } })
    if (made.status !== 201) throw new Error(`namespace: ${JSON.stringify(made.body)}`)
    for (let tries = 0; tries < 200; tries += 1) {
      if ((await this.get(`/api/v1/namespaces/${name}/serviceaccounts/default`)).status === 200) return name
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`namespace ${name} got no default service account`)
  }

  close(): void {
    this.#agent.destroy()
  }
}

export type Subject = { cluster: () => Cluster }

/** A pod template that every API server accepts. */
export const podTemplate = (labels: Record<string, string> = { app: 'x' }) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image: 'busybox', command: ['true'] }] },
})
export const configMap = (name: string, data: Record<string, string> = {}, extra: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...extra },
  data,
})
export const deployment = (name: string, replicas = 0) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { replicas, selector: { matchLabels: { app: 'x' } }, template: podTemplate() },
})
export const job = (name: string) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    suspend: true,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } },
  },
})
