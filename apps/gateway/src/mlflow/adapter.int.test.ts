import { readdirSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type BareContext, openBareContext, person, podActor } from '@keelson/core/testing'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operations } from './adapter.ts'
import { missingCall } from './missing-calls.ts'
import { type MlflowTestServer, startMlflowTestServer } from './test-server.ts'

const roles = {
  'ana@example.com': { telco: 'owner', other: 'owner' },
  'cleo@example.com': { telco: 'contributor' },
  'vera@example.com': { telco: 'viewer' },
  'system:serviceaccount:telco:default-editor': { telco: 'contributor' },
} as const

let bare: BareContext
let server: MlflowTestServer

beforeAll(async () => {
  bare = await openBareContext(roles)
  const narrow = { ...person('ana@example.com'), tokenWorkspace: 'other' } as ReturnType<typeof person>
  server = await startMlflowTestServer(
    bare.base,
    new Map([
      ['ana', person('ana@example.com')],
      ['narrow', narrow],
      ['cleo', person('cleo@example.com')],
      ['vera', person('vera@example.com')],
      ['out', person('outsider@example.com')],
      ['pod', podActor('telco', { name: 'train-1', uid: 'pod-1' })],
      ['pod2', podActor('telco', { name: 'train-2', uid: 'pod-2' })],
    ]),
  )
})
afterAll(async () => {
  await server.close()
  await bare.close()
})

type Options = { body?: unknown; raw?: string | Buffer; as?: string; headers?: Record<string, string>; at?: string }
type Answer = { status: number; text: string; body: Record<string, never> & Record<string, unknown>; headers: Headers }

async function call(method: string, path: string, options: Options = {}): Promise<Answer> {
  const payload = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  const response = await fetch(`${server.url}${options.at ?? '/workspaces/telco/mlflow'}/${path}`, {
    method,
    headers: {
      ...(options.as === '' ? {} : { authorization: `Bearer ${options.as ?? 'ana'}` }),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(payload === undefined ? {} : { body: payload as BodyInit }),
  })
  const text = await response.text()
  let body = {}
  try {
    body = JSON.parse(text)
  } catch {
    // Not JSON: the test looks at the text.
  }
  return { status: response.status, text, body: body as Answer['body'], headers: response.headers }
}

const api = (path: string) => `api/2.0/mlflow/${path}`
const newExperiment = async (name: string) =>
  (await call('POST', api('experiments/create'), { body: { name } })).body.experiment_id as unknown as string
const newRun = async (body: object, as = 'ana') =>
  ((await call('POST', api('runs/create'), { body, as })).body as unknown as { run: { info: { run_id: string } } }).run
    .info.run_id

describe('who and where', () => {
  test('health, version and server-info are open; all else answers 401 as JSON', async () => {
    expect((await call('GET', 'health', { as: '' })).text).toBe('OK')
    expect((await call('GET', 'version', { as: '' })).text).toBe('3.17.2')
    expect((await call('GET', 'api/3.0/mlflow/server-info', { as: '' })).body).toMatchObject({
      workspaces_enabled: true,
    })
    const refused = await call('POST', api('experiments/search'), { as: '', body: { max_results: 1 } })
    expect(refused.status).toBe(401)
    expect(refused.body.error_code).toBe('UNAUTHENTICATED')
  })

  test('the path decides the workspace; a header that disagrees is refused', async () => {
    const id = await newExperiment('where')
    const header = { 'x-mlflow-workspace': 'other' }
    expect((await call('GET', api(`experiments/get?experiment_id=${id}`), { headers: header })).status).toBe(400)
    const at = '/workspaces/other/mlflow'
    expect((await call('GET', api(`experiments/get?experiment_id=${id}`), { at })).status).toBe(404)
    expect((await call('GET', api('experiments/get-by-name?experiment_name=where'), { at })).status).toBe(404)
    const run = await newRun({ experiment_id: id })
    expect((await call('GET', api(`runs/get?run_id=${run}`), { at })).status).toBe(404)
    const log = { run_id: run, key: 'm', value: 1, timestamp: 1 }
    expect((await call('POST', api('runs/log-metric'), { at, body: log })).status).toBe(404)
    expect((await call('POST', api('runs/search'), { at, body: { experiment_ids: [id] } })).body).toEqual({})
    expect((await call('GET', api(`metrics/get-history?run_id=${run}&metric_key=m`), { at })).body).toEqual({})
  })

  test('the root address takes the workspace from the header, the token or the pod', async () => {
    const root = { at: '/mlflow' }
    const create = (name: string, more: Options) =>
      call('POST', api('experiments/create'), { ...root, body: { name }, ...more })
    expect((await create('root-none', {})).status).toBe(400)
    const byHeader = await create('root-header', { headers: { 'x-mlflow-workspace': 'other' } })
    expect(byHeader.status).toBe(200)
    expect(
      (
        await call('GET', api('experiments/get-by-name?experiment_name=root-header'), {
          at: '/workspaces/other/mlflow',
        })
      ).status,
    ).toBe(200)
    expect((await create('root-token', { as: 'narrow' })).status).toBe(200)
    expect((await create('root-pod', { as: 'pod' })).status).toBe(200)
    expect((await call('GET', api('experiments/get-by-name?experiment_name=root-pod'))).status).toBe(200)
  })

  test('each role may do what it may', async () => {
    expect((await call('POST', api('experiments/search'), { as: 'vera', body: { max_results: 5 } })).status).toBe(200)
    expect((await call('POST', api('experiments/create'), { as: 'vera', body: { name: 'no' } })).status).toBe(403)
    expect((await call('POST', api('experiments/search'), { as: 'out', body: { max_results: 5 } })).status).toBe(403)
    expect((await call('PUT', 'api/2.0/mlflow-artifacts/artifacts/1/x', { as: 'vera', raw: 'x' })).status).toBe(403)
    expect((await call('GET', 'api/2.0/mlflow-artifacts/artifacts/1/x', { as: 'out' })).status).toBe(403)
  })

  test("0 is the workspace's own default experiment", async () => {
    const here = (await call('GET', api('experiments/get?experiment_id=0'))).body as unknown as {
      experiment: { experiment_id: string; name: string }
    }
    const there = (await call('GET', api('experiments/get?experiment_id=0'), { at: '/workspaces/other/mlflow' }))
      .body as unknown as typeof here
    expect(here.experiment.name).toBe('Default')
    expect(there.experiment.experiment_id).not.toBe(here.experiment.experiment_id)
  })
})

describe('bodies', () => {
  test('a GET takes repeated keys or a JSON body; a DELETE carries one', async () => {
    const run = await newRun({ experiment_id: '0' })
    const two = await newRun({ experiment_id: '0' })
    const points = await call(
      'GET',
      api(`metrics/get-history-bulk-interval?run_ids=${run}&run_ids=${two}&metric_key=a`),
    )
    expect(points.status).toBe(200)
    const sent = JSON.stringify({ run_uuid: run })
    const withBody = await new Promise<string>((resolve, reject) => {
      const asked = httpRequest(
        `${server.url}/workspaces/telco/mlflow/${api('runs/get')}`,
        {
          headers: {
            authorization: 'Bearer ana',
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(sent),
          },
        },
        (response) => {
          let text = ''
          response.on('data', (chunk) => {
            text += chunk
          })
          response.on('end', () => resolve(text))
        },
      )
      asked.on('error', reject)
      asked.end(sent)
    })
    expect(JSON.parse(withBody).run.info.run_id).toBe(run)
    await call('POST', api('registered-models/create'), { body: { name: 'to-delete' } })
    expect((await call('DELETE', api('registered-models/delete'), { body: { name: 'to-delete' } })).status).toBe(200)
  })

  test('bare NaN and Infinity, NUL, broken JSON, wrong type, too much', async () => {
    const run = await newRun({ experiment_id: '0' })
    const raw = `{"run_id":"${run}","metrics":[{"key":"a","value":NaN,"timestamp":1},{"key":"b","value":-Infinity,"timestamp":2}]}`
    expect((await call('POST', api('runs/log-batch'), { raw })).status).toBe(200)
    const read = (await call('GET', api(`runs/get?run_id=${run}`))).body as unknown as {
      run: { data: { metrics: unknown } }
    }
    expect(read.run.data.metrics).toEqual([
      { key: 'a', value: 'NaN', timestamp: 1, step: 0 },
      { key: 'b', value: -Number.MAX_VALUE, timestamp: 2, step: 0 },
    ])
    for (const bad of ['{', '[]', '5', '{"name":', 'nul'])
      expect((await call('POST', api('experiments/create'), { raw: bad })).status, bad).toBe(400)
    expect((await call('POST', api('experiments/create'), { body: { name: 'a\u0000b' } })).status).toBe(400)
    expect(
      (
        await call('POST', api('experiments/create'), {
          raw: '{"name":"x"}',
          headers: { 'content-type': 'text/plain' },
        })
      ).status,
    ).toBe(400)
    const large = await call('POST', api('runs/log-batch'), {
      body: { run_id: run, tags: [{ key: 'a', value: 'x'.repeat(1_000_001) }] },
    })
    expect(large.status).toBe(400)
    expect(large.text).toContain('at most 1000000 bytes')
  })

  test('calls that are missing say so by name; what MLflow has not is not found', async () => {
    for (const path of [
      'traces',
      'traces/search',
      'webhooks',
      'gateway/secrets/create',
      'scorers/register',
      'datasets/create',
      'review-queues/create',
    ]) {
      const answer = await call('POST', `api/3.0/mlflow/${path}`, { body: {} })
      expect(answer.status, path).toBe(501)
      expect(answer.body.error_code).toBe('NOT_IMPLEMENTED')
      expect(answer.text).toContain(path)
    }
    expect((await call('POST', 'v1/traces', { body: {} })).status).toBe(501)
    expect((await call('POST', 'api/2.0/mlflow-artifacts/mpu/create/x', { body: {} })).status).toBe(501)
    expect((await call('GET', 'api/2.0/mlflow/what')).status).toBe(404)
    expect((await call('GET', 'what')).status).toBe(404)
    for (const { path } of operations) expect(missingCall(path), path).toBeNull()
  })
})

describe('a create whose answer was lost', () => {
  const count = async (sql: string, ...parameters: unknown[]) =>
    (await bare.base.db.query<{ count: number }>(`select count(*)::int as count from ${sql}`, ...parameters))[0]
      ?.count ?? 0
  const nothingKept = () => eventually(async () => (await count('unconfirmed_call')) === 0, { timeoutMs: 10_000 })

  /** Sends a whole call and breaks the connection while it is carried out: the lock on the table holds it until then. */
  async function lose(path: string, body: string, table: string): Promise<void> {
    await bare.base.db.transaction(async (tx) => {
      await tx.query(`lock table ${table} in exclusive mode`)
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
      socket.on('error', () => {})
      const head = `POST /workspaces/telco/mlflow/${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ana\r\ncontent-type: application/json\r\n`
      socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
      const waits = `pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      await eventually(async () => (await count(waits)) > 0, { timeoutMs: 10_000 })
      socket.resetAndDestroy()
    })
  }

  test('is given again to the same call, once; a repeat on purpose makes a second', async () => {
    const body = JSON.stringify({ experiment_id: '0', run_name: 'lost', start_time: 7 })
    await lose(api('runs/create'), body, 'run')
    const repeated = await call('POST', api('runs/create'), { raw: body })
    const run = (repeated.body as unknown as { run: { info: { run_id: string } } }).run.info.run_id
    expect((await call('GET', api(`runs/get?run_id=${run}`))).status).toBe(200)
    expect(await count('run where name = $1', 'lost')).toBe(1)
    await nothingKept()
    expect((await call('POST', api('runs/create'), { raw: body })).status).toBe(200)
    expect(await count('run where name = $1', 'lost')).toBe(2)
  })

  test('is found by another process, and no version is registered twice', async () => {
    await call('POST', api('registered-models/create'), { body: { name: 'lost-model' } })
    const run = await newRun({ experiment_id: '0' })
    const body = JSON.stringify({ name: 'lost-model', source: `runs:/${run}/model`, run_id: run })
    await nothingKept()
    await lose(api('model-versions/create'), body, 'model_version')
    await eventually(async () => (await count('unconfirmed_call')) === 1, { timeoutMs: 10_000 })
    const restarted = await startMlflowTestServer(bare.base, new Map([['ana', person('ana@example.com')]]))
    const repeat = () =>
      fetch(`${restarted.url}/workspaces/telco/mlflow/${api('model-versions/create')}`, {
        method: 'POST',
        headers: { authorization: 'Bearer ana', 'content-type': 'application/json' },
        body,
      }).then((answer) => answer.json() as Promise<{ model_version: { version: string } }>)
    expect((await repeat()).model_version.version).toBe('1')
    await nothingKept()
    expect((await repeat()).model_version.version).toBe('2')
    await restarted.close()
  })

  test('equal calls on living connections are two, and other callers never share', async () => {
    const body = JSON.stringify({ experiment_id: '0', run_name: 'twins', start_time: 7 })
    const answers = await Promise.all([1, 2, 3, 4].map(() => call('POST', api('runs/create'), { raw: body })))
    expect(answers.every((answer) => answer.status === 200)).toBe(true)
    expect(await count('run where name = $1', 'twins')).toBe(4)
    await nothingKept()
    const lost = JSON.stringify({ experiment_id: '0', run_name: 'mine', start_time: 7 })
    await lose(api('runs/create'), lost, 'run')
    await call('POST', api('runs/create'), { raw: lost, as: 'cleo' })
    expect(await count('run where name = $1', 'mine')).toBe(2)
    await call('POST', api('runs/create'), { raw: lost })
    expect(await count('run where name = $1', 'mine')).toBe(2)
  })
})

describe('artifacts', () => {
  const root = 'api/2.0/mlflow-artifacts/artifacts'

  test('are written whole, read back, listed and deleted', async () => {
    const name = encodeURIComponent('späte notiz 100% #1?.txt')
    expect((await call('PUT', `${root}/7/r/artifacts/dir/${name}`, { raw: 'hello' })).status).toBe(200)
    const read = await call('GET', `${root}/7/r/artifacts/dir/${name}`)
    expect(read.text).toBe('hello')
    expect(read.headers.get('content-security-policy')).toContain('sandbox')
    expect((await call('GET', `${root}?path=7/r/artifacts`)).body).toEqual({ files: [{ path: 'dir', is_dir: true }] })
    expect((await call('GET', `${root}?path=7/r/artifacts/dir`)).body).toEqual({
      files: [{ path: 'späte notiz 100% #1?.txt', is_dir: false, file_size: 5 }],
    })
    expect((await call('GET', `${root}/7/r/artifacts/dir/${name}`, { at: '/workspaces/other/mlflow' })).status).toBe(
      404,
    )
    expect((await call('DELETE', `${root}/7/r/artifacts/dir`)).status).toBe(200)
    expect((await call('GET', `${root}?path=7/r/artifacts`)).body).toEqual({})
  })

  test('never leave their workspace', async () => {
    await call('PUT', `${root}/secret.txt`, { raw: 'secret', at: '/workspaces/other/mlflow' })
    for (const path of [
      '..%2fother%2fsecret.txt',
      '%2e%2e/other/secret.txt',
      'a/..%2f..%2fother/secret.txt',
      '..%252fother%252fsecret.txt',
      '%5c..%5cother',
      'a%00b',
      '.unfinished/x/%2e%2e',
    ]) {
      const read = await call('GET', `${root}/${path}`)
      expect([400, 404], path).toContain(read.status)
      expect(read.text).not.toContain('secret"')
      expect([400, 404], path).toContain((await call('PUT', `${root}/${path}`, { raw: 'x' })).status)
    }
    expect((await call('GET', `${root}?path=../other`)).status).toBe(400)
    expect((await call('GET', `${root}/secret.txt`, { at: '/workspaces/other/mlflow' })).text).toBe('secret')
  })

  test('an upload that breaks off leaves nothing', async () => {
    const { port } = new URL(server.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      `PUT /workspaces/telco/mlflow/${root}/9/half HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ana\r\ncontent-length: 1000\r\n\r\nonly this`,
    )
    const unfinished = () => readdirSync(join(bare.artifactsRoot, '.unfinished')).length
    await eventually(() => unfinished() === 1, { timeoutMs: 5_000 })
    socket.resetAndDestroy()
    await eventually(() => unfinished() === 0, { timeoutMs: 5_000 })
    expect((await call('GET', `${root}?path=9`)).text).toBe('{}')
    expect((await call('GET', `${root}/9/half`)).status).toBe(404)
  })
})

describe("a pod's run", () => {
  test('is linked to its job, and the run of a later attempt to the earlier one', async () => {
    await bare.base.db.query(
      `insert into job (uid, workspace, kind, name, status, created_at, manifest) values ('job-1', 'telco', 'Job', 'train', 'running', now(), '{}') returning uid`,
    )
    await bare.base.db.query(
      `insert into job_pod (uid, job_uid, workspace, name, attempt, status, created_at)
       values ('pod-1', 'job-1', 'telco', 'train-1', 1, 'failed', now()), ('pod-2', 'job-1', 'telco', 'train-2', 2, 'running', now()) returning uid`,
    )
    const first = await newRun({ experiment_id: '0', run_name: 'train' }, 'pod')
    const second = await newRun({ experiment_id: '0', run_name: 'train' }, 'pod2')
    const rows = await bare.base.db.query<{ id: string; job_uid: string; retry_of: string | null }>(
      'select id, job_uid, retry_of from run where id = any($1::text[])',
      `{${first},${second}}`,
    )
    expect(rows.find((row) => row.id === first)).toMatchObject({ job_uid: 'job-1', retry_of: null })
    expect(rows.find((row) => row.id === second)).toMatchObject({ job_uid: 'job-1', retry_of: first })
  })
})
