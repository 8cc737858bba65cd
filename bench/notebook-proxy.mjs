/**
 * A kernel's round trip through the notebooks' site beside the same socket without it. Takes the address of a running notebook's
 * channel on the site, the same on the server itself, and a personal access token:
 *   node bench/notebook-proxy.mjs ws://127.0.0.1:7702/notebook/<ns>/<name>/echo ws://127.0.0.1:<port>/notebook/<ns>/<name>/echo kls_…
 * The server must answer every message with one. Rounds alternate, so that both see the same machine.
 */
import { performance } from 'node:perf_hooks'

const [through, direct, token] = process.argv.slice(2)
if (direct === undefined) {
  console.error('usage: node bench/notebook-proxy.mjs <through> <direct> [token]')
  process.exit(2)
}
const message = JSON.stringify({ header: { msg_type: 'execute_request' }, content: { code: 'x'.repeat(500) } })

async function connect(address) {
  const url = new URL(address)
  if (token !== undefined && address === through) url.searchParams.set('token', token)
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error(`${address} does not answer.`))
  })
  return () =>
    new Promise((resolve) => {
      const started = performance.now()
      socket.onmessage = () => resolve(performance.now() - started)
      socket.send(message)
    })
}

const ways = { direct: await connect(direct), through: await connect(through) }
const times = { direct: [], through: [] }
for (let round = 0; round < 5_500; round += 1)
  for (const name of ['direct', 'through']) {
    const took = await ways[name]()
    if (round >= 500) times[name].push(took)
  }
for (const [name, all] of Object.entries(times)) {
  all.sort((a, b) => a - b)
  const at = (share) => all[Math.floor(all.length * share)].toFixed(3)
  console.log(`${name.padEnd(8)} p50 ${at(0.5)} ms  p95 ${at(0.95)} ms  p99 ${at(0.99)} ms`)
}
process.exit(0)
