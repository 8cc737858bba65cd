/**
 * The API server is killed again and again while writers write and watchers resume: every acknowledged write is there, and
 * every watcher hears of every change once and in order.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { eventually, freePort, type TestDatabase, withPostgres } from '@keelson/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withKubelite } from './testing/index.ts'

const maps = '/api/v1/namespaces/default/configmaps'
type Answer = { status: number; body: KubeObject & { items?: KubeObject[] } }
type Seen = { type: string; name: string; rv: number; labels: string; value: string }

let database: TestDatabase
let home: string
let port: number
let child: ChildProcess | undefined
/** Of the state folder: the same after every restart. */
let token = ''

beforeAll(async () => {
  database = await withPostgres()
  home = await mkdtemp(join(tmpdir(), 'kubelite-kill-'))
  port = await freePort()
})
afterAll(async () => {
  agent.destroy()
  child?.kill('SIGKILL')
  await rm(home, { recursive: true, force: true })
  await database.stop()
})

const agent = new Agent({ keepAlive: true })
const optionsOf = (method: string, path: string): RequestOptions => ({
  ...{ host: '127.0.0.1', port, path, method, agent, rejectUnauthorized: false },
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
})

/** Null when the connection broke: then nobody knows what became of it. */
function call(method: string, path: string, body?: unknown): Promise<Answer | null> {
  return new Promise((resolve) => {
    const sent = httpsRequest(optionsOf(method, path), (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
      response.on('error', () => resolve(null))
    })
    sent.on('error', () => resolve(null))
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

async function start(): Promise<void> {
  child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'testing/api-only.ts')],
    {
      env: {
        ...{ KUBELITE_DATABASE_URL: database.url, KUBELITE_HOME: home, KUBELITE_PORT: String(port) },
        PATH: process.env.PATH ?? '',
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  )
  await eventually(
    async () => {
      token = /token: *"?([^"\s]+)/.exec(await readFile(join(home, 'admin.kubeconfig'), 'utf8'))?.[1] ?? ''
      return (await call('GET', '/api/v1/namespaces/default'))?.status === 200
    },
    { timeoutMs: 20_000 },
  )
}

async function kill(): Promise<void> {
  const ended = new Promise((resolve) => child?.once('exit', resolve))
  if (child?.kill('SIGKILL')) await ended
}

/** One stream of a watch; resolves when it ends, however it does. */
function readWatch(
  path: string,
  onEvent: (type: string, object: KubeObject) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    let rest = ''
    const sent = httpsRequest({ ...optionsOf('GET', path), signal }, (response) => {
      response.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n')
        // What a kill cut off is not a line.
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const { type, object } = JSON.parse(line) as { type: string; object: KubeObject }
          onEvent(type, object)
        }
      })
      response.on('close', () => resolve())
      response.on('error', () => resolve())
    })
    sent.on('error', () => resolve())
    sent.end()
  })
}

/** Watches from `version`, and after every break from what it saw last, as clients do. */
async function watch(query: string, version: string, seen: Seen[], signal: AbortSignal): Promise<void> {
  let from = version
  while (!signal.aborted)
    await readWatch(
      `${maps}?watch=true&allowWatchBookmarks=true&resourceVersion=${from}${query}`,
      (type, object) => {
        from = object.metadata?.resourceVersion ?? from
        if (type !== 'BOOKMARK') seen.push(seenOf(type, object))
      },
      signal,
    )
}
const seenOf = (type: string, { metadata, ...object }: KubeObject): Seen => ({
  type,
  name: metadata?.name ?? JSON.stringify(object),
  rv: Number(metadata?.resourceVersion),
  labels: JSON.stringify(metadata?.labels ?? {}),
  value: JSON.stringify(object.data ?? {}),
})

/** Makes, changes and deletes objects of its own, for as long as `signal` lets it; what was answered goes to `acknowledged`. */
async function writer(id: number, acknowledged: Map<number, string>, signal: AbortSignal): Promise<void> {
  const note = (answer: Answer | null, name: string) => {
    if (answer === null || answer.status >= 300) return
    const version = Number(answer.body.metadata?.resourceVersion)
    if (!Number.isNaN(version)) acknowledged.set(version, name)
  }
  for (let round = 0; !signal.aborted; round += 1) {
    const name = `w${id}-${round}`
    const labels = { side: round % 2 === 0 ? 'left' : 'right' }
    note(await call('POST', maps, { metadata: { name, labels }, data: { value: '0' } }), name)
    const moved = { metadata: { name, labels: { side: 'left' } }, data: { value: '1' } }
    note(await call('PUT', `${maps}/${name}`, moved), name)
    if (round % 3 === 0) note(await call('DELETE', `${maps}/${name}`), name)
  }
}

/** What somebody who believed the events would have. */
function stateAfter(events: readonly Seen[]): Map<string, string> {
  const state = new Map<string, string>()
  for (const { type, name, rv, value } of events) {
    if (type === 'DELETED') state.delete(name)
    else state.set(name, `${rv} ${value}`)
  }
  return state
}

const list = async (query = ''): Promise<{ version: string; state: Map<string, string> }> => {
  const { body } = await eventually(async () => (await call('GET', `${maps}?${query}`)) ?? false, { timeoutMs: 20_000 })
  const state = new Map<string, string>()
  for (const item of body.items ?? []) {
    const { name, rv, value } = seenOf('', item)
    state.set(name, `${rv} ${value}`)
  }
  return { version: body.metadata?.resourceVersion ?? '', state }
}
const changed = (state: Map<string, string>) =>
  Object.fromEntries([...state].filter(([name]) => /^(w\d|last)/.test(name)).sort())

test('kill -9 again and again: no acknowledged write is lost, no watcher misses or reorders an event', async () => {
  await start()
  const { version } = await list()
  const [writing, watching] = [new AbortController(), new AbortController()]
  const acknowledged = new Map<number, string>()
  const everything: Seen[][] = [[], [], [], []]
  const left: Seen[][] = [[], []]
  const watches = [
    ...everything.map((seen) => watch('', version, seen, watching.signal)),
    ...left.map((seen) => watch('&labelSelector=side%3Dleft', version, seen, watching.signal)),
  ]
  const writers = Array.from({ length: 6 }, (_, id) => writer(id, acknowledged, writing.signal))
  for (let round = 1; round <= 2; round += 1) {
    const enough = acknowledged.size + 60
    await eventually(() => acknowledged.size > enough, { timeoutMs: 30_000, everyMs: 5 })
    await kill()
    await start()
  }
  writing.abort()
  await Promise.all(writers)
  const last = await eventually(
    async () => {
      const answer = await call('POST', maps, { metadata: { name: 'last', labels: { side: 'left' } } })
      return answer?.status === 201 ? Number(answer.body.metadata?.resourceVersion) : false
    },
    { timeoutMs: 10_000 },
  )
  for (const seen of [...everything, ...left]) await eventually(() => seen.at(-1)?.rv === last, { timeoutMs: 20_000 })
  watching.abort()
  await Promise.all(watches)

  const [first = []] = everything
  for (const seen of [...everything, ...left]) {
    const versions = seen.map(({ rv }) => rv)
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b))
  }
  for (const seen of everything.slice(1)) expect(seen).toEqual(first)
  const heard = new Map(first.map(({ rv, name }) => [rv, name]))
  expect([...acknowledged].filter(([rv, name]) => heard.get(rv) !== name)).toEqual([])
  expect(changed(stateAfter(first))).toEqual(changed((await list()).state))
  const selected = await list('labelSelector=side%3Dleft')
  for (const seen of left) expect(changed(stateAfter(seen))).toEqual(changed(selected.state))
  expect(first.filter(({ labels }) => labels.includes('right')).length).toBeGreaterThan(10)
}, 120_000)

test('after a restart, a version that was compacted is 410, and who lists again goes on without a gap', async () => {
  const old = await list()
  await kill()
  const server = await withKubelite({ databaseUrl: database.url, stateFolder: home, port })
  const events: string[] = []
  const abort = new AbortController()
  try {
    await server.compact(Number(old.version))
    const expired: string[] = []
    await readWatch(
      `${maps}?watch=true&resourceVersion=1`,
      (type, object) => expired.push(`${type} ${object.code} ${object.reason} ${object.message}`),
      abort.signal,
    )
    expect(expired).toEqual([expect.stringMatching(/^ERROR 410 Expired too old resource version: 1 \(\d+\)$/)])
    const exact = await call('GET', `${maps}?resourceVersion=1&resourceVersionMatch=Exact`)
    expect(exact?.body).toMatchObject({
      code: 410,
      reason: 'Expired',
      message: 'The resourceVersion for the provided list is too old.',
    })
    const again = await list()
    expect(changed(again.state)).toEqual(changed(old.state))
    const going = readWatch(
      `${maps}?watch=true&resourceVersion=${again.version}`,
      (type, object) => events.push(`${type} ${object.metadata.name}`),
      abort.signal,
    )
    expect((await call('POST', maps, { metadata: { name: 'w-after' } }))?.status).toBe(201)
    await eventually(() => events.length > 0)
    expect(events).toEqual(['ADDED w-after'])
    abort.abort()
    await going
  } finally {
    abort.abort()
    await server.stop()
  }
}, 60_000)
