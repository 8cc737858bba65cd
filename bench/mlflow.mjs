/**
 * Loads an MLflow address and prints rates and latencies, ours and the peer's alike:
 *   node bench/mlflow.mjs --url http://localhost:7700/workspaces/telco/mlflow --token kls_… [--runs 10000] [--seconds 5]
 *   node bench/mlflow.mjs --url http://127.0.0.1:5000            # `mlflow server` on Postgres
 * Run both in the same minute on the same machine: only the ratio counts. Makes experiments and leaves them.
 */
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    token: { type: 'string', default: '' },
    runs: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '16' },
  },
})
if (!values.url) {
  console.error('Say which address: --url http://…')
  process.exit(2)
}
const connections = Number(values.connections)
const headers = {
  'content-type': 'application/json',
  ...(values.token ? { authorization: `Bearer ${values.token}` } : {}),
}

async function call(method, path, body) {
  const response = await fetch(`${values.url}/api/2.0/mlflow/${path}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text.slice(0, 300)}`)
  return JSON.parse(text)
}

function report(name, latencies, seconds, unit = 1) {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)
  const rate = ((latencies.length * unit) / seconds).toFixed(0)
  console.log(
    `${name.padEnd(34)} ${rate.padStart(8)} /s   p50 ${at(0.5).padStart(8)} ms   p99 ${at(0.99).padStart(8)} ms`,
  )
}

/** All connections at once for some seconds. */
async function load(name, work, unit = 1) {
  const seconds = Number(values.seconds)
  const latencies = []
  const end = performance.now() + seconds * 1000
  const worker = async (index) => {
    for (let round = 0; performance.now() < end; round += 1) {
      const started = performance.now()
      await work(index, round)
      latencies.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, index) => worker(index)))
  report(name, latencies, seconds, unit)
}

/** One connection, some repetitions. */
async function repeat(name, times, work) {
  const latencies = []
  const began = performance.now()
  for (let round = 0; round < times; round += 1) {
    const started = performance.now()
    await work(round)
    latencies.push(performance.now() - started)
  }
  report(name, latencies, (performance.now() - began) / 1000)
}

const mark = Date.now()
const newExperiment = async (name) =>
  (await call('POST', 'experiments/create', { name: `bench-${name}-${mark}` })).experiment_id
const newRun = async (experiment, start) =>
  (await call('POST', 'runs/create', { experiment_id: experiment, start_time: start, run_name: `run-${start}` })).run
    .info.run_id

const writing = await newExperiment('write')
const runs = []
for (let index = 0; index < connections; index += 1) runs.push(await newRun(writing, index))
await load('create run', (index, round) => newRun(writing, index * 1_000_000 + round))
await load('get run', (index) => call('GET', `runs/get?run_id=${runs[index]}`))
await load('log-metric', (index, round) =>
  call('POST', 'runs/log-metric', { run_id: runs[index], key: 'loss', value: round, timestamp: round, step: round }),
)
const hundred = (round) =>
  Array.from({ length: 100 }, (_, at) => ({
    key: `m${at % 10}`,
    value: at,
    timestamp: round,
    step: round * 10 + Math.floor(at / 10),
  }))
await load(
  'log-batch of 100 (metrics)',
  (index, round) => call('POST', 'runs/log-batch', { run_id: runs[index], metrics: hundred(round) }),
  100,
)

const searching = await newExperiment('search')
const total = Number(values.runs)
let made = 0
const filled = performance.now()
const fill = async () => {
  while (made < total) {
    const at = made
    made += 1
    const run = await newRun(searching, at)
    const metrics = Array.from({ length: 5 }, (_, index) => ({
      key: `k${index}`,
      value: ((at * 7919) % 1000) / 1000,
      timestamp: 1,
      step: 0,
    }))
    const params = Array.from({ length: 3 }, (_, index) => ({ key: `p${index}`, value: String(at % 10) }))
    await call('POST', 'runs/log-batch', { run_id: run, metrics, params, tags: [{ key: 't', value: String(at % 10) }] })
  }
}
await Promise.all(Array.from({ length: connections }, fill))
console.log(
  `made ${total} runs with 5 metrics, 3 params, 1 tag: ${(total / ((performance.now() - filled) / 1000)).toFixed(0)} runs/s`,
)
const search = (more) => call('POST', 'runs/search', { experiment_ids: [searching], max_results: 100, ...more })
await repeat('search: first 100', 30, () => search({}))
await repeat('search: filter and order by metric', 30, () =>
  search({ filter: "metrics.k1 > 0.3 and params.p1 = '3' and tags.t = '3'", order_by: ['metrics.k2 DESC'] }),
)
await repeat('search: order by metric', 30, () => search({ order_by: ['metrics.k1 DESC'] }))
await repeat('search: page of 1000', 10, () => search({ max_results: 1000 }))
await repeat('search: walk over all', 1, async () => {
  let token
  do {
    const page = await search({ max_results: 1000, ...(token ? { page_token: token } : {}) })
    token = page.next_page_token
  } while (token)
})
