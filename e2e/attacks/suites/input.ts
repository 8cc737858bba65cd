/** What a person can hand in: addresses that the server might fetch for them, and bodies that are meant to exhaust it. */
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { parsePredictor } from '@keelson/core/serving'
import { expect, it } from 'vitest'
import { configMap } from '../../conformance/cluster.ts'
import type { World } from '../support/world.ts'

/** Ways to say this machine, the cloud's metadata and files, for something that listens at `port`. */
const addresses = (port: number) => [
  `http://127.0.0.1:${port}/x`,
  `http://localhost:${port}/x`,
  `http://0x7f000001:${port}/x`,
  `http://2130706433:${port}/x`,
  `http://[::1]:${port}/x`,
  `http://[::ffff:127.0.0.1]:${port}/x`,
  'http://169.254.169.254/latest/meta-data/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/x',
  `https://kubernetes.default.svc/api`,
]

export function inputSuite(open: () => World): void {
  it('item 15: no address that a person writes is fetched by the server', async () => {
    const { quota, send, cookieOf, gateway } = open()
    const asked: string[] = []
    const listener = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end('secret of the inside')
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = listener.address() as AddressInfo
      const headers = { cookie: cookieOf('bob'), origin: gateway.url, 'content-type': 'application/json' }
      const mlflow = (path: string, body: object) =>
        send({
          path: `/workspaces/${quota}/mlflow/api/2.0/mlflow/${path}`,
          method: 'POST',
          headers,
          body: JSON.stringify(body),
        })
      await mlflow('registered-models/create', { name: 'm' })
      for (const [index, address] of addresses(port).entries()) {
        const made = await mlflow('experiments/create', { name: `e${index}`, artifact_location: address })
        const answers = [made, await mlflow('model-versions/create', { name: 'm', source: address })]
        if (made.status === 200) {
          const { experiment_id } = JSON.parse(made.body) as { experiment_id: string }
          const run = await mlflow('runs/create', { experiment_id, start_time: 1 })
          const {
            run: { info },
          } = JSON.parse(run.body) as { run: { info: { run_id: string } } }
          answers.push(
            await send({
              path: `/workspaces/${quota}/mlflow/api/2.0/mlflow/artifacts/list?run_id=${info.run_id}`,
              headers,
            }),
          )
          answers.push(
            await send({ path: `/workspaces/${quota}/mlflow/get-artifact?run_uuid=${info.run_id}&path=x`, headers }),
          )
        }
        for (const { status, body } of answers) {
          expect(
            status === 200 || (status >= 400 && status !== 500 && status < 502),
            `${address} ${status} ${body}`,
          ).toBe(true)
          expect(body).not.toMatch(/secret of the inside|root:x:0/)
        }
      }
      expect(asked).toEqual([])
    } finally {
      listener.close()
    }
  })

  it('item 15: a model is taken from the registry, never from an address', () => {
    for (const storageUri of addresses(80)) {
      const parsed = parsePredictor({
        apiVersion: 'serving.kserve.io/v1beta1',
        kind: 'InferenceService',
        metadata: { name: 'x', namespace: 'x' },
        spec: { predictor: { model: { modelFormat: { name: 'sklearn' }, storageUri } } },
      })
      expect('predictor' in parsed, storageUri).toBe(false)
    }
  })

  it('item 15: where an endpoint’s requests go is written by the cluster alone', async () => {
    const { alpha, cluster, as } = open()
    const slice = {
      metadata: { name: 'churn-predictor-x', labels: { 'kubernetes.io/service-name': 'churn-predictor' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['169.254.169.254'] }],
      ports: [{ name: 'http', port: 80 }],
    }
    for (const who of ['carl', 'alice'] as const) {
      const at = `/apis/discovery.k8s.io/v1/namespaces/${alpha}/endpointslices`
      expect((await cluster.call('POST', at, { headers: as(who), body: slice })).status, who).toBe(403)
      const endpoints = {
        metadata: { name: 'x' },
        subsets: [{ addresses: [{ ip: '169.254.169.254' }], ports: [{ port: 80 }] }],
      }
      expect(
        (await cluster.call('POST', `/api/v1/namespaces/${alpha}/endpoints`, { headers: as(who), body: endpoints }))
          .status,
      ).toBe(403)
    }
  })

  it('item 20: bodies that are too large, too deep or grow when read are a clear 4xx, and others are served meanwhile', async () => {
    const { quota, send, cookieOf, gateway, call } = open()
    const headers = { cookie: cookieOf('bob'), origin: gateway.url, 'content-type': 'application/json' }
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghij'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[index]}`).join(',')}]`).join('\n')}`
    const trpcAt = (path: string, body: string) => send({ path: `/api/trpc/${path}`, method: 'POST', headers, body })
    const mlflow = (path: string, body: string) =>
      send({ path: `/workspaces/${quota}/mlflow/api/2.0/mlflow/${path}`, method: 'POST', headers, body })
    const attacks: [string, () => Promise<{ status: number }>][] = [
      [
        '2 MB to the dashboard’s API',
        () => trpcAt('jobs.submit', JSON.stringify({ json: { workspace: quota, yaml: 'x'.repeat(2_000_000) } })),
      ],
      ['deep JSON to the dashboard’s API', () => trpcAt('jobs.submit', deep)],
      ['a YAML bomb as a job', () => trpcAt('jobs.submit', JSON.stringify({ json: { workspace: quota, yaml: bomb } }))],
      [
        'deep YAML as a job',
        () => trpcAt('jobs.submit', JSON.stringify({ json: { workspace: quota, yaml: '['.repeat(20_000) } })),
      ],
      ['deep JSON to MLflow', () => mlflow('runs/search', deep)],
      [
        '2 MB to log-batch',
        () =>
          mlflow(
            'runs/log-batch',
            JSON.stringify({ run_id: 'x', params: [{ key: 'k', value: 'v'.repeat(2_000_000) }] }),
          ),
      ],
      [
        'a filter of 100 kB',
        () =>
          mlflow(
            'runs/search',
            JSON.stringify({ experiment_ids: ['0'], filter: `${'('.repeat(50_000)}${')'.repeat(50_000)}` }),
          ),
      ],
      [
        'a pattern that backtracks',
        () =>
          mlflow(
            'runs/search',
            JSON.stringify({ experiment_ids: ['0'], filter: `attributes.run_name RLIKE '(a+)+$'` }),
          ),
      ],
      [
        '51 calls in one',
        () => send({ path: `/api/trpc/${Array(51).fill('access.me').join(',')}?batch=1&input=%7B%7D`, headers }),
      ],
    ]
    for (const [what, attempt] of attacks) {
      const [attacked, other] = await Promise.all([attempt(), call('alice', 'access.me', 'query', undefined)])
      expect(attacked.status, what).toBeGreaterThanOrEqual(400)
      expect(attacked.status, what).toBeLessThan(500)
      expect(other.status, what).toBe(200)
    }
    const long = await send({ path: `/x?${'y'.repeat(40_000)}`, headers })
    expect(long.status).toBe(431)
  })

  it('item 20: the API server takes no bombs either', async () => {
    const { quota, cluster, as } = open()
    const at = `/api/v1/namespaces/${quota}/configmaps`
    const bob = as('bob')
    const lines = [...'bcdefghij'].map(
      (name, index) => `  ${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[index]}`).join(',')}]`,
    )
    const attacks: [string, string, string][] = [
      [
        'YAML bomb',
        'application/yaml',
        `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\ndata:\n  a: &a [x,x,x,x,x,x,x,x,x]\n${lines.join('\n')}\n`,
      ],
      [
        'deep JSON',
        'application/json',
        `{"metadata":{"name":"deep"},"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      ],
      ['4 MB', 'application/json', JSON.stringify(configMap('huge', { x: 'x'.repeat(4 * 1024 * 1024) }))],
      [
        'an annotation of 300 kB',
        'application/json',
        JSON.stringify(configMap('notes', {}, { annotations: { x: 'x'.repeat(300_000) } })),
      ],
    ]
    for (const [what, type, raw] of attacks) {
      const answer = await cluster
        .call('POST', at, { headers: bob, type, raw })
        .catch((error: Error) => ({ status: 400, body: error.message }))
      expect(answer.status, `${what} ${JSON.stringify(answer.body).slice(0, 200)}`).toBeGreaterThanOrEqual(400)
      expect(answer.status, what).toBeLessThan(500)
    }
    expect((await cluster.get(at, bob)).status).toBe(200)
  })

  it('item 20: two hundred clients that never finish their request keep nobody waiting', async () => {
    const { gateway, call } = open()
    const sockets: Socket[] = []
    try {
      const host = new URL(gateway.url).host
      for (let index = 0; index < 200; index += 1) {
        const socket = connect(gateway.port, '127.0.0.1')
        socket.on('error', () => {})
        socket.write(`POST /api/trpc/access.me HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000\r\n\r\n{`)
        sockets.push(socket)
      }
      for (let index = 0; index < 10; index += 1)
        expect((await call('alice', 'access.me', 'query', undefined)).status).toBe(200)
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  })
}
