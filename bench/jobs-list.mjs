/**
 * The list of jobs with 1,000 of them: made with kubectl (suspended, so that no pod runs: the list is what is measured), written
 * down by the controller, then asked for as the page asks, and looked at in a real Chromium. Needs a started platform on this
 * machine; what it made it deletes, and their history stays.
 *
 *   KEELSON_HOME=~/…/.keelson node bench/jobs-list.mjs [jobs]
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launchSignedIn } from './signed-in.mjs'

const count = Number(process.argv[2] ?? 1000)
const home = process.env.KEELSON_HOME ?? '.keelson'
const url = `http://localhost:${process.env.KEELSON_PORT ?? 7700}`
const kubectl = process.env.KEELSON_KUBECTL ?? 'kubectl'
const workspace = 'telco'
const group = `list-${Date.now().toString(36)}`
const asked = 60

const run = (args, input) =>
  execFileSync(kubectl, ['--kubeconfig', join(home, 'kubeconfig'), '-n', workspace, ...args], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
const pod = (container) => ({ spec: { restartPolicy: 'Never', containers: [{ name: container, image: 'busybox' }] } })
const metadata = (n) => ({ name: `${group}-${n}`, labels: { bench: group } })
/** Two in three are Jobs, the others TFJobs of three replicas. */
const job = (n) =>
  n % 3 === 2
    ? {
        apiVersion: 'kubeflow.org/v1',
        kind: 'TFJob',
        metadata: metadata(n),
        spec: {
          runPolicy: { suspend: true },
          tfReplicaSpecs: { PS: { template: pod('tensorflow') }, Worker: { replicas: 2, template: pod('tensorflow') } },
        },
      }
    : { apiVersion: 'batch/v1', kind: 'Job', metadata: metadata(n), spec: { suspend: true, template: pod('main') } }

const { browser, page } = await launchSignedIn(home, url)
try {
  run(['create', '-f', '-'], Array.from({ length: count }, (_, n) => JSON.stringify(job(n))).join('\n'))

  /** As the page does, signed in: `[rows, next cursor, ms]`. */
  const list = (input) =>
    page.evaluate(
      async ([path, wanted]) => {
        const started = performance.now()
        const answer = await fetch(`${path}?input=${encodeURIComponent(JSON.stringify({ json: wanted }))}`)
        const { result } = await answer.json()
        const { items, nextCursor } = result.data.json
        return [items.length, nextCursor, performance.now() - started]
      },
      ['/api/trpc/jobs.list', { workspace, ...input }],
    )
  const all = async () => {
    let rows = 0
    for (let cursor; cursor !== null; ) {
      const [found, next] = await list({ search: group, limit: 200, ...(cursor ? { cursor } : {}) })
      rows += found
      cursor = next
    }
    return rows
  }
  while ((await all()) < count) await new Promise((resolve) => setTimeout(resolve, 500))

  const [, second] = await list({})
  const cases = {
    'first page of 50': {},
    'second page': { cursor: second },
    '200 rows': { limit: 200 },
    'of one kind': { kind: 'TFJob' },
    'by words': { search: `${group}-77 tfj` },
    'by words that nothing has': { search: 'nothing-has-these' },
  }
  for (const [title, input] of Object.entries(cases)) {
    const ms = []
    for (let n = 0; n < asked; n += 1) ms.push((await list(input))[2])
    ms.sort((one, other) => one - other)
    const at = (share) => ms[Math.floor(share * ms.length)].toFixed(1)
    console.log(`${title.padEnd(28)} p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`)
  }
  const started = performance.now()
  await page.goto(`${url}/w/${workspace}/jobs`)
  await page
    .getByRole('link', { name: new RegExp(`^${group}-`) })
    .first()
    .waitFor()
  console.log(`page with its rows            ${Math.round(performance.now() - started)} ms`)
  const folder = new URL('../test-results/screenshots/', import.meta.url).pathname
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, 'jobs-list-1000.png') })
} finally {
  await browser.close()
  run(['delete', 'jobs,tfjobs.kubeflow.org', '-l', `bench=${group}`, '--wait=false'])
}
