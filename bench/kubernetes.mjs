#!/usr/bin/env node
/**
 * kubelite beside a real kube-apiserver, in one run: gets, durable writes, watch delivery, pod start, lists, 10,000 objects, a
 * bulk apply, watchers across a restart. Nothing is asserted: it prints what it saw. Linux; `kubectl` is that of
 * `KEELSON_TEST_KUBECTL`, or of the PATH.
 *
 *   KEELSON_TEST_KUBE=<folder with kube-up> node bench/kubernetes.mjs [seconds per measurement, default 10]
 *
 * "A core" is a second of CPU time of the API server's process. The real server's test bed runs etcd without fsync;
 * kubelite's Postgres syncs every group of commits.
 */
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { open, readAccess } from './kubernetes/client.mjs'
import { bulkApply, manyObjects, watchersAfterRestart } from './kubernetes/many.mjs'
import { cpuSeconds, startKubelite, startRealServer, until } from './kubernetes/servers.mjs'

const seconds = Number(process.argv[2] ?? 10)
const namespace = 'bench'
const base = `/api/v1/namespaces/${namespace}`
const image = { kubelite: 'busybox:1', real: 'testbed.local/busybox:1' }
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const percentile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
const configMap = (name, data) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
let serial = 0
function nextName(prefix) {
  serial += 1
  return `${prefix}-${serial}`
}

/** `connections` that each send the next request when the last is answered, for a while. */
async function hammer(access, pids, connections, request) {
  const clients = await Promise.all(Array.from({ length: connections }, () => open(access)))
  const latencies = []
  const failures = new Map()
  const cpuBefore = cpuSeconds(pids)
  const started = performance.now()
  const deadline = started + seconds * 1000
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < deadline) {
        const at = performance.now()
        const { status } = await client.send(request(client))
        if (status >= 300) failures.set(status, (failures.get(status) ?? 0) + 1)
        latencies.push(performance.now() - at)
      }
    }),
  )
  const elapsed = (performance.now() - started) / 1000
  const cpu = cpuSeconds(pids) - cpuBefore
  for (const client of clients) client.close()
  return {
    'per second': latencies.length / elapsed,
    'per core second': latencies.length / cpu,
    'p50 ms': percentile(latencies, 0.5),
    'p99 ms': percentile(latencies, 0.99),
    failed: [...failures.values()].reduce((sum, count) => sum + count, 0),
  }
}

async function gets(access, server) {
  const client = await open(access)
  await client.call('POST', `${base}/configmaps`, configMap('one', { key: 'value' }))
  const request = client.text('GET', `${base}/configmaps/one`)
  client.close()
  return hammer(access, server.apiPids(), 16, () => request)
}

const writes = (access, server) =>
  hammer(access, server.pids(), 64, (client) =>
    client.text('POST', `${base}/configmaps`, configMap(nextName('write'), { key: 'x'.repeat(200) })),
  )

/** 200 watchers, 50 writes a second: from the moment the write was sent to the moment each watcher has the event. */
async function watches(access, server) {
  const watchers = 200
  const delays = []
  const seen = Array.from({ length: watchers }, () => 0)
  const clients = await Promise.all(Array.from({ length: watchers }, () => open(access)))
  for (const [index, client] of clients.entries()) {
    client.stream(`${base}/configmaps?watch=true&resourceVersion=${await newest(access)}`, (chunk) => {
      const now = performance.now()
      for (const [, sent] of chunk.toString('latin1').matchAll(/"sent":"([\d.]+)"/g)) {
        delays.push(now - Number(sent))
        seen[index] += 1
      }
    })
  }
  await wait(1_000)
  const writer = await open(access)
  const cpuBefore = cpuSeconds(server.apiPids())
  const count = 50 * seconds
  const started = performance.now()
  for (let index = 0; index < count; index += 1) {
    await wait(Math.max(0, started + index * 20 - performance.now()))
    void (await writer.call(
      'POST',
      `${base}/configmaps`,
      configMap(nextName('watched'), { sent: String(performance.now()) }),
    ))
  }
  const elapsed = (performance.now() - started) / 1000
  await until(() => seen.every((each) => each >= count)).catch(() => {})
  const cpu = cpuSeconds(server.apiPids()) - cpuBefore
  for (const client of [...clients, writer]) client.close()
  return {
    'writes a second': count / elapsed,
    'events missed': watchers * count - delays.length,
    'p50 ms': percentile(delays, 0.5),
    'p99 ms': percentile(delays, 0.99),
    'cores used': cpu / elapsed,
  }
}

async function newest(access) {
  const client = await open(access)
  const answer = JSON.parse((await client.call('GET', `${base}/configmaps?limit=1`)).body())
  client.close()
  return answer.metadata.resourceVersion
}

/** One pod after another: from the request to the first line that its process printed. */
async function podStarts(access, _server, imageName) {
  const client = await open(access)
  const delays = []
  for (let round = 0; round < 41; round += 1) {
    const name = nextName('pod')
    const container = { name: 'main', image: imageName, command: ['sh', '-c', 'cat /proc/uptime'] }
    const spec = { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [container] }
    const sent = uptime()
    await client.call(
      'POST',
      `${base}/pods`,
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }),
    )
    let log
    await until(async () => {
      log = await client.call('GET', `${base}/pods/${name}/log`)
      return log.status === 200 && log.body().length > 0
    })
    // The first one is not counted: it finds no warm runtime.
    if (round > 0) delays.push((Number(log.body().split(' ')[0]) - sent) * 1000)
    await client.call('DELETE', `${base}/pods/${name}`)
  }
  client.close()
  return { 'p50 ms': percentile(delays, 0.5), 'p95 ms': percentile(delays, 0.95) }
}

/** The kernel's clock in hundredths of a second, the same inside and outside of a container. */
const uptime = () => Number(execFileSync('cat', ['/proc/uptime'], { encoding: 'utf8' }).split(' ')[0])

/** A page of 100 pods as a table, with few and with 1,000 completed ones there. */
async function lists(access) {
  const page = async () => {
    const client = await open(access)
    const times = []
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
    for (let round = 0; round < 100; round += 1) {
      const at = performance.now()
      await client.call('GET', `${base}/pods?limit=100`, undefined, undefined, accept)
      times.push(performance.now() - at)
    }
    client.close()
    return percentile(times, 0.5)
  }
  await makeCompleted(access, 100)
  const few = await page()
  await makeCompleted(access, 900)
  return { 'p50 ms at 100': few, 'p50 ms at 1,000': await page() }
}

/** Pods for a node that does not exist, said to have succeeded: only the API server's part is measured. */
async function makeCompleted(access, count) {
  const client = await open(access)
  for (let index = 0; index < count; index += 1) {
    const name = nextName('done')
    const spec = { nodeName: 'nowhere', restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] }
    await client.call(
      'POST',
      `${base}/pods`,
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }),
    )
    const status = JSON.stringify({ status: { phase: 'Succeeded' } })
    await client.call('PATCH', `${base}/pods/${name}/status`, status, 'application/merge-patch+json')
  }
  client.close()
}

const measurements = {
  'gets, 16 connections': gets,
  'durable writes, 64 writers': writes,
  'watch, 200 watchers': watches,
  'pod created to process started': podStarts,
  'page of 100 pods as a table': lists,
  '10,000 objects': manyObjects,
  'kubectl apply of 300 objects': bulkApply,
  '200 watchers across a restart': watchersAfterRestart,
}

async function measure(server, imageName) {
  try {
    const access = readAccess(server.kubeconfig)
    const client = await open(access)
    await client.call('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: namespace } }))
    await until(async () => (await client.call('GET', `${base}/serviceaccounts/default`)).status === 200)
    client.close()
    const figures = {}
    for (const [title, run] of Object.entries(measurements)) {
      console.error(`${server.name}: ${title}`)
      figures[title] = await run(access, server, imageName)
    }
    return figures
  } finally {
    await server.stop()
  }
}

const ours = await measure(await startKubelite(), image.kubelite)
const folder = process.env.KEELSON_TEST_KUBE
const theirs = folder ? await measure(await startRealServer(folder), image.real) : null
const shown = (value) => (value === undefined ? '' : value >= 100 ? value.toFixed(0) : value.toFixed(2))
console.log(`${cpus().length} cores, ${cpus()[0]?.model ?? ''}, Node ${process.version}, ${seconds} s each`)
console.log(`${''.padEnd(52)}${'kubelite (fsync)'.padStart(18)}${theirs ? 'real (no fsync)'.padStart(18) : ''}`)
for (const [name, figures] of Object.entries(ours)) {
  console.log(name)
  for (const [figure, value] of Object.entries(figures))
    console.log(`  ${figure.padEnd(50)}${shown(value).padStart(18)}${shown(theirs?.[name][figure]).padStart(18)}`)
}
