/** The inference door on a real gateway, cluster and database, in front of a replica that behaves as told. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { InferenceService } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { openContext } from '@keelson/core/context'
import { projectEndpoint } from '@keelson/core/serving'
import { silentLogger } from '@keelson/process/logger'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway, trpc } from '../testing/start-gateway.ts'

let gateway: TestGateway
let workspace = ''
let cookie = ''
let viewer = ''
let port = 0
let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void = () => {}
const replica = createServer(async (request, response) => {
  let body = ''
  for await (const part of request) body += part
  answer(request, response, body)
})
const patience = { timeoutMs: 15_000 }
const isvc = {
  group: 'serving.kserve.io',
  version: 'v1beta1',
  plural: 'inferenceservices',
  kind: 'InferenceService',
  namespaced: true,
}
const slices = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
}

const metadata = {
  inputs: [
    { name: 'age', datatype: 'FP64', shape: [-1, 1] },
    { name: 'plan', datatype: 'BYTES', shape: [-1, 1] },
  ],
  outputs: [
    { name: 'predict', datatype: 'INT64', shape: [-1] },
    { name: 'predict_proba', datatype: 'FP64', shape: [-1, 2], parameters: { classes: ['No', 'Yes'] } },
  ],
}

/** A model server in little: V1 says 1 to every row. */
function serve(request: IncomingMessage, response: ServerResponse, body: string): void {
  const rows = body === '' ? 0 : ((JSON.parse(body) as { instances?: unknown[] }).instances?.length ?? 0)
  const value =
    request.method === 'GET'
      ? metadata
      : {
          predictions: Array.from({ length: rows }, () => 1),
          probabilities: Array.from({ length: rows }, () => [0.3, 0.7]),
        }
  response
    .setHeader('x-keelson-revision', 'churn-predictor-a')
    .setHeader('x-keelson-model-version', '4')
    .setHeader('content-type', 'application/json')
  response.end(JSON.stringify(value))
}

async function addEndpoint(name: string, ready: boolean): Promise<void> {
  const { kube } = gateway.platform
  const object: KubeObject = {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: { namespace: workspace, name },
    spec: { predictor: { timeout: 2, sklearn: { storageUri: 'models:/churn/3' } } },
  }
  await kube.create(isvc, object)
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: workspace,
      name: `${name}-1`,
      labels: { 'kubernetes.io/service-name': `${name}-predictor` },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready } }],
    ports: [{ name: 'http', port, protocol: 'TCP' }],
  } as KubeObject
  await kube.create(slices, slice)
}

/** Writes the row of the lists, as the controller's reconciler does. */
async function listEndpoint(name: string): Promise<void> {
  const { databaseUrl, kubeconfigPath, kube } = gateway.platform
  const addresses = { url: gateway.url, contentUrl: gateway.contentUrl, podUrl: gateway.url }
  const stopper = new AbortController()
  const { base, close } = await openContext({
    databaseUrl,
    kubeconfigPath,
    artifactsRoot: gateway.artifacts,
    addresses,
    log: silentLogger,
    signal: stopper.signal,
  })
  await projectEndpoint(base, await kube.get<InferenceService>(isvc, { namespace: workspace, name }))
  stopper.abort()
  await close()
}

type Sent = { status: number; headers: Headers; body: Record<string, unknown> }
async function predict(name: string, body: unknown, headers: Record<string, string> = { cookie }): Promise<Sent> {
  const response = await fetch(`${gateway.url}/workspaces/${workspace}/serving/${name}/v1/models/${name}:predict`, {
    method: 'POST',
    headers: { origin: gateway.url, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

type Logged = { items: Record<string, unknown>[] }
const logged = async (): Promise<Logged['items']> => {
  const found = await trpc(
    gateway.url,
    'monitoring.listPredictions',
    'query',
    { workspace, endpoint: 'churn', limit: 500 },
    { cookie },
  )
  if (found.error) throw new Error(found.error.message)
  return (found.data as Logged).items
}

beforeAll(async () => {
  await new Promise<void>((resolve) => replica.listen(0, '127.0.0.1', resolve))
  port = (replica.address() as AddressInfo).port
  const started = await startGateway('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  gateway = started
  workspace = await gateway.platform.makeWorkspace({
    owner: { kind: 'User', name: 'sam@example.org' },
    viewer: { kind: 'User', name: 'vera@example.org' },
  })
  cookie = await gateway.signIn('sam@example.org')
  viewer = await gateway.signIn('vera@example.org')
  await addEndpoint('churn', true)
  await addEndpoint('starting', false)
  answer = serve
  await listEndpoint('churn')
  await eventually(
    async () => expect((await predict('churn', { instances: [[1, 'warm']] })).status).toBe(200),
    patience,
  )
}, 180_000)
afterAll(async () => {
  replica.closeAllConnections()
  replica.close()
  await gateway?.stop()
})
beforeEach(() => {
  answer = serve
})

describe('who may', () => {
  it('nobody without an identity, no viewer, no outsider', async () => {
    const nobody = await predict('churn', { instances: [[1, 'a']] }, {})
    expect(nobody).toMatchObject({ status: 401, body: { error: expect.any(String), code: 'unauthenticated' } })
    expect(await predict('churn', { instances: [[1, 'a']] }, { cookie: viewer })).toMatchObject({
      status: 403,
      body: { error: expect.stringContaining('endpoints/invoke') },
    })
    const outsider = await gateway.signIn('otto@example.org')
    expect((await predict('churn', {}, { cookie: outsider })).status).toBe(403)
    expect((await predict('nope', {}, { cookie: outsider })).status).toBe(403)
    const seen = await fetch(`${gateway.url}/workspaces/${workspace}/serving/churn/v2/models/churn`, {
      headers: { cookie: viewer },
    })
    expect(seen.status).toBe(200)
  })
})

describe('a request', () => {
  it('is answered by the replica, with its revision and the id of the request', async () => {
    const sent = await predict('churn', { instances: [{ age: 5, plan: 'a' }] }, { cookie, 'x-request-id': 'mine-0001' })
    expect(sent).toMatchObject({ status: 200, body: { predictions: [1] } })
    expect(sent.headers.get('x-request-id')).toBe('mine-0001')
    expect(sent.headers.get('x-keelson-revision')).toBe('churn-predictor-a')
    expect((await predict('churn', { instances: [] })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('to what is not there is 404, to what is not ready 503 with the reason and when to come again', async () => {
    expect(await predict('nope', {})).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('no endpoint nope') },
    })
    const early = await predict('starting', {})
    expect(early).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining('starting is not ready: The endpoint is being started') },
    })
    expect(early.headers.get('retry-after')).toBe('2')
  })

  it('hands on the error of the model as it is', async () => {
    answer = (_request, response) =>
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end('{"error":"instances[0] lacks the column \'age\'"}')
    expect(await predict('churn', { instances: [{}] })).toMatchObject({
      status: 400,
      body: { error: "instances[0] lacks the column 'age'" },
    })
  })

  it('that a replica breaks off, garbles or never answers is 503, and the next one is answered', async () => {
    answer = (request) => request.socket.destroy()
    expect(await predict('churn', { instances: [[1, 'a']] })).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining('No replica') },
    })
    answer = (_request, response) => response.socket?.end('HTTP/1.1 what\r\n\r\n')
    expect((await predict('churn', { instances: [[1, 'a']] })).status).toBe(503)
    answer = () => {}
    expect(await predict('churn', { instances: [[1, 'a']] })).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining('did not answer within 2 s') },
    })
    answer = serve
    expect((await predict('churn', { instances: [[1, 'a']] })).status).toBe(200)
  })

  it('whose client leaves takes nothing with it', async () => {
    let reached = 0
    answer = () => {
      reached += 1
    }
    for (let i = 0; i < 5; i += 1) {
      const outgoing = httpRequest({
        host: '127.0.0.1',
        port: gateway.port,
        method: 'POST',
        path: `/workspaces/${workspace}/serving/churn/v1/models/churn:predict`,
        headers: { host: `localhost:${gateway.port}`, origin: gateway.url, cookie },
      })
      outgoing.on('error', () => {})
      outgoing.end('{"instances":[[1,"a"]]}')
      await eventually(() => reached > i, patience)
      outgoing.destroy()
    }
    answer = serve
    expect((await predict('churn', { instances: [[1, 'a']] })).status).toBe(200)
  })

  it('too large is 413', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const outgoing = httpRequest(
        {
          host: '127.0.0.1',
          port: gateway.port,
          method: 'POST',
          path: `/workspaces/${workspace}/serving/churn/v1/models/churn:predict`,
          headers: { host: `localhost:${gateway.port}`, origin: gateway.url, cookie, 'content-length': '900000000' },
        },
        (response) => resolve(response.statusCode ?? 0),
      )
      outgoing.on('error', reject)
      outgoing.flushHeaders()
    })
    expect(status).toBe(413)
  })
})

describe('the prediction log', () => {
  it('keeps each row once, by name, with version, revision and scores', async () => {
    const headers = { cookie, 'x-request-id': 'logged-01' }
    for (let i = 0; i < 3; i += 1) await predict('churn', { instances: [[41, 'a'], { age: 42, plan: 'b\0' }] }, headers)
    await eventually(async () => {
      const rows = (await logged()).filter((row) => row.requestId === 'logged-01')
      expect(rows).toHaveLength(2)
      expect(rows.find((row) => row.rowIndex === 0)).toMatchObject({
        features: { age: 41, plan: 'a' },
        prediction: 1,
        scores: { No: 0.3, Yes: 0.7 },
        modelVersion: 4,
        revision: 'churn-predictor-a',
        model: 'churn',
      })
      expect(rows.find((row) => row.rowIndex === 1)).toMatchObject({ features: { age: 42, plan: 'b' } })
    }, patience)
  })

  it('outlives a database that goes away, without one caller noticing', async () => {
    await predict('churn', { instances: [[1, 'before']] }, { cookie, 'x-request-id': 'cut-before' })
    gateway.database.cut()
    const ids = Array.from({ length: 20 }, (_, i) => `cut-number-${i}`)
    // Whether the session is still known without a database is the front's business: what was answered must be kept.
    const answers = await Promise.all(
      ids.map((id) => predict('churn', { instances: [[1, 'cut']] }, { cookie, 'x-request-id': id }).catch(() => null)),
    )
    const kept = ids.filter((_, i) => answers[i]?.status === 200)
    await gateway.database.mend()
    await eventually(
      async () => {
        const found = new Set((await logged()).map((row) => row.requestId))
        expect([...kept, 'cut-before'].filter((id) => !found.has(id))).toEqual([])
      },
      { timeoutMs: 30_000 },
    )
  }, 60_000)

  it('sends the test panel by the same way', async () => {
    const sent = await trpc(
      gateway.url,
      'endpoints.test',
      'mutation',
      { workspace, name: 'churn', protocol: 'v1', body: '{"instances":[[7,"panel"]]}' },
      { cookie, origin: gateway.url },
    )
    expect(sent.data).toMatchObject({
      status: 200,
      requestId: expect.any(String),
      body: expect.stringContaining('predictions'),
    })
    const { requestId } = sent.data as { requestId: string }
    await eventually(
      async () => expect((await logged()).some((row) => row.requestId === requestId)).toBe(true),
      patience,
    )
    const refused = await trpc(
      gateway.url,
      'endpoints.test',
      'mutation',
      { workspace, name: 'churn', protocol: 'v1', body: '{}' },
      { cookie: viewer, origin: gateway.url },
    )
    expect(refused).toMatchObject({ status: 403 })
  })
})
