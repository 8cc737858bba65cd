/** Pods with a network of their own. Skipped where that cannot be: the reason is printed. */
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text as streamText } from 'node:stream/consumers'
import { eventually, freePort } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { services } from '../controllers/endpoint-slice.ts'
import { connectToPod } from './listeners.ts'
import { whatIsMissing } from './network/decide.ts'
import { readIdentity } from './network/identity.ts'
import { run } from './network/run.ts'
import { inKernel } from './network/test-kernel.ts'
import { loadViews, podsFolder } from './pod-record.ts'
import {
  createPod,
  eventsOf,
  getPod,
  isReady,
  phaseIs,
  readLog,
  shell,
  startTestCluster,
  type TestCluster,
  untilPod,
} from './test-cluster.ts'
import type { Container, Pod } from './types.ts'

const missing = await whatIsMissing()
if (missing !== null) process.stderr.write(`pod network tests skipped: ${missing}\n`)

const node = process.execPath
/** A server that says who it is and who asks. */
const server = (name: string, port: number, more: Partial<Container> = {}): Container =>
  shell(
    `exec ${node} -e 'require("http").createServer((q, s) => s.end("${name} to " + q.socket.remoteAddress)).listen(${port}, "0.0.0.0")'`,
    { readinessProbe: { httpGet: { port, path: '/' }, periodSeconds: 1 }, ...more },
  )
/** Asks each address once a line, until it has an answer. */
const client = (...urls: string[]): Container =>
  shell(
    `exec ${node} -e '
const ask = (url) => fetch(url, { signal: AbortSignal.timeout(2000) }).then((r) => r.text(), (e) => e.cause?.code ?? e.name)
;(async () => { for (const url of ${JSON.stringify(urls)}) console.log(url, await ask(url)) })()'`,
  )
const text = async (url: string) => (await fetch(url, { signal: AbortSignal.timeout(2_000) })).text()
const service = (name: string, spec: Record<string, unknown>) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec,
})

describe.skipIf(missing !== null)('the namespaced pod network', () => {
  let cluster: TestCluster
  let door: Server
  let doorPort: number
  let id: string
  beforeAll(async () => {
    door = createServer((_, response) => response.end('the door'))
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
    doorPort = (door.address() as { port: number }).port
    cluster = await startTestCluster({ podNetwork: 'namespaced', podDoors: [doorPort] })
    id = (await readIdentity(join(cluster.stateFolder, 'node')))?.id ?? ''
  })
  afterAll(async () => {
    await cluster?.stop()
    door?.close()
    expect(await inKernel(id)).toEqual([])
  })
  const address = async (name: string) => (await untilPod(cluster.client, name, isReady)).status?.podIP ?? ''
  const logOf = async (name: string) => {
    await untilPod(cluster.client, name, phaseIs('Succeeded'))
    return (await readLog(cluster, name)).trim().split('\n')
  }

  it('lets two pods bind the same port of every address and answers for each at its own', async () => {
    await createPod(cluster.client, { containers: [server('first', 8888)] }, 'first')
    await createPod(cluster.client, { containers: [server('second', 8888)] }, 'second')
    const [first, second] = await Promise.all([address('first'), address('second')])
    expect(first).not.toBe(second)
    const hostIP = (await getPod(cluster.client, 'first')).status?.hostIP
    expect(await text(`http://${first}:8888`)).toBe(`first to ${hostIP}`)
    expect(await text(`http://${second}:8888`)).toBe(`second to ${hostIP}`)
  })

  it('tells the node what its pods have', async () => {
    const { items } = await cluster.client.list<Pod>({ group: '', version: 'v1', plural: 'nodes' })
    expect(items[0]?.metadata.labels?.['keelson.dev/pod-network']).toBe('namespaced')
    expect(items[0]?.metadata.annotations?.['keelson.dev/pod-network-reason']).toMatch(
      /address of its own in 10\.8[67]\./,
    )
  })

  it('shares loopback and ports among the containers of one pod, and nothing with another pod or the host', async () => {
    const look = (url: string) => client(url)
    await createPod(
      cluster.client,
      {
        containers: [
          server('inside', 9100, { name: 'server' }),
          {
            ...shell(
              `until grep -q :238C /proc/net/tcp; do sleep 0.1; done; ${client('http://127.0.0.1:9100').command?.[2]}`,
            ),
            name: 'main',
          },
        ],
      },
      'both',
    )
    await eventually(async () => (await readLog(cluster, 'both', '?container=main')).includes('inside to 127.0.0.1'), {
      timeoutMs: 15_000,
    })
    const secret = createServer((_, response) => response.end('secret'))
    await new Promise<void>((resolve) => secret.listen(0, '127.0.0.1', resolve))
    const { port } = secret.address() as { port: number }
    const hostIP = (await getPod(cluster.client, 'both')).status?.hostIP
    await createPod(
      cluster.client,
      {
        containers: [
          look(`http://127.0.0.1:${port}`),
          { ...look(`http://${hostIP}:${port}`), name: 'b' },
          { ...look(`http://10.96.0.1:${port}`), name: 'c' },
        ],
      },
      'outsider',
    )
    await untilPod(cluster.client, 'outsider', phaseIs('Succeeded'))
    for (const container of ['main', 'b', 'c'])
      expect(await readLog(cluster, 'outsider', `?container=${container}`)).toMatch(/ECONNREFUSED|TimeoutError/)
    secret.close()
  })

  it('reaches the API server where the environment says, and the doors', async () => {
    const script = `exec ${node} -e '
const fs = require("fs"), dir = "/var/run/secrets/kubernetes.io/serviceaccount"
const at = process.env.KUBERNETES_SERVICE_HOST + ":" + process.env.KUBERNETES_SERVICE_PORT
const ask = (host, done) => require("https").get({ host, port: process.env.KUBERNETES_SERVICE_PORT, path: "/api", ca: fs.readFileSync(dir + "/ca.crt"), headers: { authorization: "Bearer " + fs.readFileSync(dir + "/token", "utf8") } }, (r) => { console.log(at, host, r.statusCode); r.resume(); done() })
ask(process.env.KUBERNETES_SERVICE_HOST, () => ask("kubernetes.default.svc", () => fetch("http://10.96.0.1:${doorPort}").then((r) => r.text()).then((t) => { console.log(t); process.exit() })))'`
    await createPod(cluster.client, { containers: [shell(script)] }, 'api')
    expect(await logOf('api')).toEqual([
      '10.96.0.1:443 10.96.0.1 200',
      '10.96.0.1:443 kubernetes.default.svc 200',
      'the door',
    ])
  })

  it('finds a Service by name and ClusterIP, in turn over ready pods, with a port by name', async () => {
    const labels = (name: string, port: number) =>
      cluster.client.create<Pod>(
        { group: '', version: 'v1', plural: 'pods' },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name, namespace: 'default', labels: { serves: 'web' } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [server(name, port, { ports: [{ name: 'http', containerPort: port }] })],
          },
        },
      )
    await labels('web-a', 8000)
    await labels('web-b', 8001)
    const made = await cluster.client.create<{ spec: { clusterIP: string } } & Pod>(
      services,
      service('web', { selector: { serves: 'web' }, ports: [{ port: 80, targetPort: 'http' }] }) as never,
    )
    const clusterIP = (made.spec as unknown as { clusterIP: string }).clusterIP
    await Promise.all([address('web-a'), address('web-b')])
    await eventually(async () => (await run('nft', ['list', 'table', 'ip', `keelson_${id}`])).includes('mod 2'))
    const names = ['web', 'web.default', 'web.default.svc', 'web.default.svc.cluster.local', clusterIP]
    await createPod(
      cluster.client,
      { containers: [client(...names.flatMap((each) => [`http://${each}`, `http://${each}`]))] },
      'asks',
    )
    const answers = (await logOf('asks')).map((line) => line.split(' ')[1])
    const pairs = names.map((_, index) => answers.slice(index * 2, index * 2 + 2).sort())
    expect(pairs).toEqual(names.map(() => ['web-a', 'web-b']))
  })

  it('leads one client to one pod where the Service asks for that, and carries UDP', async () => {
    const udp = `const socket = require("dgram").createSocket("udp4")`
    await cluster.client.create<Pod>(
      { group: '', version: 'v1', plural: 'pods' },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'udp', namespace: 'default', labels: { serves: 'udp' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            shell(
              `exec ${node} -e '${udp}
socket.on("message", (text, from) => socket.send("heard " + text, from.port, from.address)).bind(5300, "0.0.0.0")'`,
              { ports: [{ name: 'dns', containerPort: 5300, protocol: 'UDP' }] },
            ),
          ],
        },
      },
    )
    const ports = [{ port: 53, targetPort: 'dns', protocol: 'UDP' }]
    await cluster.client.create(services, service('datagrams', { selector: { serves: 'udp' }, ports }))
    const sticky = {
      selector: { serves: 'web' },
      sessionAffinity: 'ClientIP',
      ports: [{ port: 80, targetPort: 'http' }],
    }
    await cluster.client.create(services, service('sticky', sticky))
    await address('udp')
    await eventually(async () => {
      const rules = await run('nft', ['list', 'table', 'ip', `keelson_${id}`])
      return rules.includes('udp dport 53') && rules.includes('jhash')
    })
    const ask = `exec ${node} -e '${udp}
socket.on("message", (text) => { console.log(String(text)); socket.close() })
const send = () => socket.send("hello", 53, "datagrams")
send(); setInterval(send, 500).unref()'`
    await createPod(cluster.client, { containers: [shell(ask)] }, 'asks-udp')
    expect(await logOf('asks-udp')).toEqual(['heard hello'])
    await createPod(cluster.client, { containers: [client(...Array(6).fill('http://sticky'))] }, 'asks-sticky')
    const answers = (await logOf('asks-sticky')).map((line) => line.split(' ')[1])
    expect(answers).toHaveLength(6)
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toMatch(/^web-[ab]$/)
  })

  it('refuses at once where nobody serves, and never leads a pod to the loopback of the host', async () => {
    await cluster.client.create(services, service('empty', { selector: { serves: 'nobody' }, ports: [{ port: 80 }] }))
    await cluster.client.create(services, service('trick', { ports: [{ port: 80, targetPort: doorPort }] }))
    await cluster.client.create({ group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' }, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'trick', namespace: 'default', labels: { 'kubernetes.io/service-name': 'trick' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: '', port: doorPort, protocol: 'TCP' }],
    } as never)
    await createPod(cluster.client, { containers: [client('http://empty', 'http://trick')] }, 'refused')
    expect(await logOf('refused')).toEqual(['http://empty ECONNREFUSED', 'http://trick ECONNREFUSED'])
  })

  it('lets replicas find each other by their headless names, whichever starts first', async () => {
    await cluster.client.create(
      services,
      service('train', { clusterIP: 'None', selector: { job: 'train' }, ports: [{ port: 2222 }] }),
    )
    const names = [0, 1].map((index) => `train-${index}.train.default.svc:2222`)
    const script = `exec ${node} -e '
const { cluster: { worker }, task: { index } } = JSON.parse(process.env.TF_CONFIG), other = worker[1 - index]
const server = require("http").createServer((q, s) => s.end("worker " + index)).listen(2222, "0.0.0.0")
const ask = () => fetch("http://" + other).then((r) => r.text()).then((t) => console.log(require("os").hostname(), "found", t), () => setTimeout(ask, 100))
ask()'`
    const replica = (index: number) =>
      cluster.client.create<Pod>(
        { group: '', version: 'v1', plural: 'pods' },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: `train-${index}`, namespace: 'default', labels: { job: 'train' } },
          spec: {
            hostname: `train-${index}`,
            subdomain: 'train',
            terminationGracePeriodSeconds: 1,
            containers: [
              shell(script, {
                env: [
                  {
                    name: 'TF_CONFIG',
                    value: JSON.stringify({ cluster: { worker: names }, task: { type: 'worker', index } }),
                  },
                ],
              }),
            ],
          },
        },
      )
    await replica(0)
    await untilPod(cluster.client, 'train-0', isReady)
    await replica(1)
    for (const index of [0, 1])
      await eventually(
        async () => (await readLog(cluster, `train-${index}`)) === `train-${index} found worker ${1 - index}\n`,
        { timeoutMs: 15_000 },
      )
  })

  it('gives host ports and the host network as Kubernetes does', async () => {
    const [hostPort, own] = [await freePort(), await freePort()]
    await createPod(
      cluster.client,
      { containers: [server('behind', 8000, { ports: [{ containerPort: 8000, hostPort }] })] },
      'host-port',
    )
    await address('host-port')
    await eventually(async () => (await text(`http://127.0.0.1:${hostPort}`)).startsWith('behind'))
    await createPod(
      cluster.client,
      { containers: [server('rival', 8000, { ports: [{ containerPort: 8000, hostPort }] })] },
      'rival',
    )
    await untilPod(cluster.client, 'rival', (pod) =>
      (pod.status?.conditions ?? []).some((each) => each.message?.includes("didn't have free ports") ?? false),
    )
    await createPod(cluster.client, { hostNetwork: true, containers: [server('host', own)] }, 'on-host')
    const pod = await untilPod(cluster.client, 'on-host', isReady)
    expect(pod.status?.podIP).toBe(pod.status?.hostIP)
    expect(await text(`http://127.0.0.1:${own}`)).toBe('host to 127.0.0.1')
    await createPod(cluster.client, { containers: [client(`http://${pod.status?.hostIP}:${own}`)] }, 'to-host')
    expect((await logOf('to-host'))[0]).toContain('host to ')
  })

  it('gives the address up when a pod is over', async () => {
    await createPod(cluster.client, { containers: [shell('true')] }, 'over')
    const pod = await untilPod(cluster.client, 'over', phaseIs('Succeeded'))
    const offset = (pod.status?.podIP ?? '').split('.').map(Number)
    const suffix = (((offset[2] ?? 0) % 4) * 256 + (offset[3] ?? 0)).toString(16)
    await eventually(async () => !(await inKernel(id)).includes(`kl${id}p${suffix}`))
    expect(await eventsOf(cluster.client, 'over').then((all) => all.some(({ type }) => type === 'Warning'))).toBe(false)
  })

  it('runs commands in the pod’s network, and forwards a port that it has at its own loopback only', async () => {
    const inner = `exec ${node} -e 'require("http").createServer((q, s) => s.end("inner to " + q.socket.remoteAddress)).listen(9200, "127.0.0.1")'`
    const probe = {
      exec: { command: ['sh', '-c', 'grep -q :23F0 /proc/net/tcp && test "$(hostname)" = loop'] },
      periodSeconds: 1,
    }
    for (const tty of [false, true]) {
      const name = tty ? 'loop-tty' : 'loop'
      const containers = [shell(inner, { readinessProbe: probe, ...(tty ? { tty } : {}) })]
      await createPod(cluster.client, { hostname: 'loop', containers }, name)
      const pod = await untilPod(cluster.client, name, isReady)
      const podDir = join(podsFolder(join(cluster.stateFolder, 'node')), pod.metadata.uid ?? '')
      const attempts = (await loadViews(podDir, pod.spec)).flatMap(({ current }) => current ?? [])
      const dial = (port: number) => connectToPod(attempts, pod.status?.podIP ?? '', port)
      const stream = await dial(9200)
      stream.end('GET / HTTP/1.0\r\n\r\n')
      expect(await streamText(stream)).toContain('inner to 127.0.0.1')
      await expect(dial(doorPort)).rejects.toThrow('connection refused')
    }
  })

  it('keeps addresses and open connections while kubelite restarts', async () => {
    const echo = `exec ${node} -e 'require("net").createServer((s) => s.pipe(s)).listen(7000, "0.0.0.0")'`
    await createPod(
      cluster.client,
      { restartPolicy: 'Always', containers: [shell(echo, { readinessProbe: { tcpSocket: { port: 7000 } } })] },
      'echo',
    )
    const before = await address('echo')
    const socket = connect({ host: before, port: 7000 })
    const say = (word: string) =>
      new Promise<string>((resolve, reject) => {
        socket.once('data', (data) => resolve(String(data)))
        socket.once('close', () => reject(new Error('closed')))
        socket.write(word)
      })
    expect(await say('one')).toBe('one')
    await cluster.halt()
    expect(await say('two')).toBe('two')
    await cluster.resume()
    expect(await say('three')).toBe('three')
    expect((await untilPod(cluster.client, 'echo', isReady)).status?.podIP).toBe(before)
    socket.destroy()
    await createPod(cluster.client, { containers: [client('http://web')] }, 'after-restart')
    expect((await logOf('after-restart'))[0]).toMatch(/^http:\/\/web web-[ab] to /)
  })

  it('starts containers anew when the node’s network is another one by now, and removes the old one', async () => {
    const before = (await getPod(cluster.client, 'echo')).status
    await cluster.halt()
    await cluster.resume('shared')
    const restarted = (pod: Pod) => isReady(pod) && (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0
    const after = await untilPod(cluster.client, 'echo', restarted, 30_000)
    expect(after.status?.podIP).toMatch(/^127\./)
    expect(after.status?.podIP).not.toBe(before?.podIP)
    expect((await eventsOf(cluster.client, 'echo')).map(({ reason }) => reason)).toContain('SandboxChanged')
    expect(await inKernel(id)).toEqual([])
  }, 60_000)
})
