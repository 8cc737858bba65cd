/**
 * A kernel's round trip through the notebooks' site beside the same server without it: `1 + 1` is run, and the time until the
 * kernel is idle again is taken. Makes a Notebook with JupyterLab on the started platform (KEELSON_HOME) and deletes it after:
 *   node bench/notebook-proxy.mjs [workspace]
 * Each way has a kernel of its own in the one server. Rounds alternate, so that both see the same machine. Needs kubelite, whose
 * pods this machine reaches.
 */
import { performance } from 'node:perf_hooks'
import { Kernel } from '../e2e/support/jupyter.ts'
import { platformStatus, tokenOf } from '../e2e/support/platform.ts'

const workspace = process.argv[2] ?? 'telco'
const name = `bench-${process.pid}`
const home = process.env.KEELSON_HOME
const { url, notebooksUrl } = await platformStatus(home)
const credential = { authorization: `Bearer ${await tokenOf('scientist', undefined, home)}` }
const notebooks = `${url}/jupyter/api/namespaces/${workspace}/notebooks`
const ask = (method, path, body) =>
  fetch(`${notebooks}${path}`, {
    method,
    headers: { ...credential, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

const made = await ask('POST', '', { name, cpu: '0.1', memory: '512Mi', workspace: null })
if (!made.ok) throw new Error(await made.text())
try {
  const through = `${notebooksUrl}/notebook/${workspace}/${name}`
  while ((await fetch(`${through}/api`, { headers: credential })).status !== 200)
    await new Promise((resolve) => setTimeout(resolve, 500))
  const { pod } = await (await ask('GET', `/${name}/pod`)).json()
  const direct = `http://${pod.status.podIP}:8888/notebook/${workspace}/${name}`
  const kernels = { direct: await Kernel.start(direct), through: await Kernel.start(through, credential) }
  const times = { direct: [], through: [] }
  for (let round = 0; round < 1_100; round += 1)
    for (const [way, kernel] of Object.entries(kernels)) {
      const started = performance.now()
      const { error } = await kernel.run('1 + 1')
      if (error !== null) throw new Error(error)
      if (round >= 100) times[way].push(performance.now() - started)
    }
  for (const [way, all] of Object.entries(times)) {
    all.sort((a, b) => a - b)
    const at = (share) => all[Math.floor(all.length * share)].toFixed(2)
    console.log(`${way.padEnd(8)} p50 ${at(0.5)} ms  p95 ${at(0.95)} ms  p99 ${at(0.99)} ms`)
  }
} finally {
  await ask('DELETE', `/${name}`)
}
process.exit(0)
