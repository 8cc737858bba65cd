/** Admission on kubelite alone: what needs its controllers, a restart, or addresses that a real test cluster does not have. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestKubelite, withKubelite } from '@keelson/kubelite/testing'
import { eventually, type TestDatabase, withPostgres } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster, configMap, deployment, type Json } from '../conformance/cluster.ts'
import { startWebhookServer, type WebhookServer } from '../conformance/webhook-server.ts'

let database: TestDatabase
let folder: string
let kubelite: TestKubelite
let cluster: Cluster
const start = async () => {
  kubelite = await withKubelite({ databaseUrl: database.url, stateFolder: folder, run: 'all', node: false })
  cluster = new Cluster(kubelite.kubeconfigPath, 'kubectl')
}
const stop = async () => {
  cluster.close()
  await kubelite.stop()
}
beforeAll(async () => {
  database = await withPostgres()
  folder = await mkdtemp(join(tmpdir(), 'kubelite-admission-'))
  await start()
})
afterAll(async () => {
  await stop()
  await rm(folder, { recursive: true, force: true })
  await database.stop()
})

describe('a quota', () => {
  test('is told where it hurts: as an event of the ReplicaSet and a condition of the Deployment', async () => {
    const ns = await cluster.namespace()
    await cluster.post(`/api/v1/namespaces/${ns}/resourcequotas`, {
      metadata: { name: 'q' },
      spec: { hard: { pods: '2' } },
    })
    await cluster.post(`/apis/apps/v1/namespaces/${ns}/deployments`, deployment('web', 3))
    await eventually(async () => {
      const pods = (await cluster.get(`/api/v1/namespaces/${ns}/pods`)).body.items as Json[]
      expect(pods).toHaveLength(2)
      const events = (await cluster.get(`/api/v1/namespaces/${ns}/events`)).body.items as Json[]
      const failed = events.find((event) => event.reason === 'FailedCreate')
      expect(failed?.message).toMatch(
        /^Error creating: pods "web-\S+" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2$/,
      )
    })
    const used = async () => (await cluster.get(`/api/v1/namespaces/${ns}/resourcequotas/q`)).body.status.used as Json
    expect(await used()).toEqual({ pods: '2' })
    await cluster.merge(`/apis/apps/v1/namespaces/${ns}/deployments/web/scale`, { spec: { replicas: 0 } })
    await eventually(async () => expect(await used()).toEqual({ pods: '0' }))
  })

  test('is counted right after a restart', async () => {
    const ns = await cluster.namespace()
    const path = `/api/v1/namespaces/${ns}`
    await cluster.post(`${path}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard: { secrets: '2' } } })
    await cluster.post(`${path}/secrets`, { metadata: { name: 'a' } })
    await cluster.merge(`${path}/resourcequotas/q/status`, { status: { used: { secrets: '0' } } })
    await stop()
    await start()
    await eventually(async () =>
      expect((await cluster.get(`${path}/resourcequotas/q`)).body.status.used).toEqual({ secrets: '1' }),
    )
    await cluster.post(`${path}/secrets`, { metadata: { name: 'b' } })
    expect((await cluster.post(`${path}/secrets`, { metadata: { name: 'c' } })).status).toBe(403)
  })

  test('is kept when a webhook is asked between the count and the write', async () => {
    const ns = await cluster.namespace()
    const hooks = await startWebhookServer()
    hooks.on('/wait', () => ({}))
    await cluster.post(webhooks, configuration(ns, { url: `${hooks.url}/wait`, caBundle: hooks.caBundle }))
    await cluster.post(`/api/v1/namespaces/${ns}/resourcequotas`, {
      metadata: { name: 'q' },
      spec: { hard: { 'count/configmaps': '3' } },
    })
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        cluster.post(`/api/v1/namespaces/${ns}/configmaps`, configMap(`m${index}`)),
      ),
    )
    // One of the three is the CA that every namespace has.
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(2)
    expect(hooks.seen('/wait').length).toBeGreaterThanOrEqual(10)
    await cluster.del(`${webhooks}/${ns}`)
    await hooks.stop()
  })
})

const webhooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
const configuration = (ns: string, clientConfig: object) => ({
  metadata: { name: ns },
  webhooks: [
    {
      name: 'one.hooks.example.com',
      clientConfig,
      rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ns } },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    },
  ],
})

describe('a webhook behind a Service', () => {
  let hooks: WebhookServer
  let ns = ''
  beforeAll(async () => {
    ns = await cluster.namespace()
    hooks = await startWebhookServer([`guard.${ns}.svc`])
    hooks.on('/check', (request) => ({ allowed: request.name !== 'bad' }))
    await cluster.post(
      webhooks,
      configuration(ns, { service: { name: 'guard', namespace: ns, path: '/check' }, caBundle: hooks.caBundle }),
    )
  })
  afterAll(async () => {
    await cluster.del(`${webhooks}/${ns}`)
    await hooks.stop()
  })
  const make = (name: string) => cluster.post(`/api/v1/namespaces/${ns}/configmaps?dryRun=All`, configMap(name))
  const prefix = () =>
    `Internal error occurred: failed calling webhook "one.hooks.example.com": failed to call webhook: Post "https://guard.${ns}.svc:443/check?timeout=10s": `

  test('is not found until there is a Service with a ready endpoint', async () => {
    expect((await make('a')).body.message).toBe(`${prefix()}service "guard" not found`)
    await cluster.post(`/api/v1/namespaces/${ns}/services`, {
      metadata: { name: 'guard' },
      spec: { ports: [{ name: 'https', port: 443, targetPort: 8443 }] },
    })
    expect((await make('a')).body.message).toBe(`${prefix()}no endpoints available for service "guard"`)
  })

  test('is asked at its endpoint, under the name of the Service', async () => {
    const port = Number(new URL(hooks.url).port)
    const made = await cluster.post(`/apis/discovery.k8s.io/v1/namespaces/${ns}/endpointslices`, {
      metadata: { name: 'guard-1', labels: { 'kubernetes.io/service-name': 'guard' } },
      addressType: 'IPv4',
      ports: [{ name: 'https', port }],
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
    })
    expect(made.status).toBe(201)
    expect((await make('good')).body.message).toBeUndefined()
    expect((await make('bad')).body.message).toBe(
      'admission webhook "one.hooks.example.com" denied the request without explanation',
    )
  })
})

test('what kubelite does not have says so', async () => {
  const policies = await cluster.get('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies')
  expect(policies.status).toBe(404)
  const body = configuration('conditions', { url: 'https://localhost/' })
  const [hook] = body.webhooks
  const refused = await cluster.post(webhooks, {
    ...body,
    webhooks: [
      { ...hook, matchConditions: [{ name: 'x', expression: "authorizer.path('/').check('get').allowed()" }] },
    ],
  })
  expect(refused.status).toBe(422)
  expect(refused.body.message).toContain('webhooks[0].matchConditions[0].expression: Invalid value')
})
