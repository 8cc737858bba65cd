/** 10,000 objects, a bulk apply as Helm does it, and watchers through a restart of the API server. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from './client.mjs'
import { until } from './servers.mjs'

const base = '/api/v1/namespaces/bench'
const configMap = (name, data) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
const versionOf = (answer) => JSON.parse(answer.body()).metadata.resourceVersion

/** Makes what is missing to `count` objects of one label, by 16 writers. */
async function fill(access, count) {
  let next = 0
  const body = (name) => JSON.stringify({ metadata: { name, labels: { of: 'many' } }, data: { key: 'x'.repeat(200) } })
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      const client = await open(access)
      while (next < count) {
        next += 1
        await client.call('POST', `${base}/configmaps`, body(`many-${next}`))
      }
      client.close()
    }),
  )
}

/** All at once, in pages of 500, and a watch that begins with them. */
export async function manyObjects(access) {
  const count = 10_000
  await fill(access, count)
  const client = await open(access)
  const selected = `${base}/configmaps?labelSelector=of%3Dmany`
  const timed = async (run) => {
    const at = performance.now()
    await run()
    return performance.now() - at
  }
  const whole = await timed(() => client.call('GET', selected))
  const paged = await timed(async () => {
    for (let more = ''; more !== undefined; ) {
      const answer = JSON.parse((await client.call('GET', `${selected}&limit=500${more}`)).body())
      const token = answer.metadata.continue
      more = token ? `&continue=${encodeURIComponent(token)}` : undefined
    }
  })
  client.close()
  const watcher = await open(access)
  let events = 0
  let previous = 0
  const started = await timed(async () => {
    watcher.stream(`${selected}&watch=true&resourceVersion=0`, (chunk) => {
      // An event ends with a line feed; those of the protocol follow a carriage return.
      for (const byte of chunk) {
        if (byte === 10 && previous !== 13) events += 1
        previous = byte
      }
    })
    await until(() => events >= count, 60_000, 5)
  })
  watcher.close()
  return { 'list of 10,000 ms': whole, 'in pages of 500 ms': paged, 'watch that begins with them ms': started }
}

/** 300 objects by `kubectl apply`, as a chart installs them; then again unchanged, and by server-side apply. */
export async function bulkApply(_access, server) {
  const kubectl = server.kubectl ?? process.env.KEELSON_TEST_KUBECTL ?? 'kubectl'
  const folder = mkdtempSync(join(tmpdir(), 'bench-apply-'))
  const file = join(folder, 'objects.yaml')
  const objects = Array.from({ length: 300 }, (_, index) => configMap(`chart-${index}`, { key: String(index) }))
  // The first line says that it is YAML: kubectl takes a file that begins with a brace for JSON, which has no separators.
  writeFileSync(file, objects.map((object) => `---\n${object}\n`).join(''))
  const apply = (...more) => {
    const at = performance.now()
    execFileSync(kubectl, ['--kubeconfig', server.kubeconfig, '-n', 'bench', 'apply', '-f', file, ...more], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    return (performance.now() - at) / 1000
  }
  try {
    return {
      'made, s': apply(),
      'unchanged, s': apply(),
      'server-side, s': apply('--server-side', '--force-conflicts'),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** 200 watchers that come back after the API server was killed and started again: until all are up to date. */
export async function watchersAfterRestart(access, server) {
  const first = await open(access)
  const version = versionOf(await first.call('GET', `${base}/configmaps?limit=1`))
  first.close()
  await server.restart()
  const at = performance.now()
  const clients = await Promise.all(Array.from({ length: 200 }, () => open(access)))
  const seen = new Set()
  for (const [index, client] of clients.entries())
    client.stream(`${base}/configmaps?watch=true&resourceVersion=${version}`, (chunk) => {
      if (chunk.includes('after-the-restart')) seen.add(index)
    })
  const writer = await open(access)
  await writer.call('POST', `${base}/configmaps`, configMap(`after-${Date.now()}`, { key: 'after-the-restart' }))
  await until(() => seen.size === clients.length).catch(() => {})
  const elapsed = performance.now() - at
  for (const client of [...clients, writer]) client.close()
  return { 'all have the next event after ms': elapsed, 'watchers without it': clients.length - seen.size }
}
