/**
 * How long a log line takes from the program that writes it to the browser that shows it: a job prints its own clock, and a
 * real Chromium on the job's page notes when each line is in the document. Needs a started platform on this machine.
 *
 *   KEELSON_HOME=~/…/.keelson node bench/log-latency.mjs [lines] [ms between lines]
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { launchSignedIn } from './signed-in.mjs'

const [lines = 100, everyMs = 173] = process.argv.slice(2).map(Number)
const home = process.env.KEELSON_HOME ?? '.keelson'
const url = `http://localhost:${process.env.KEELSON_PORT ?? 7700}`
const kubeconfig = join(home, 'kubeconfig')
const kubectl = process.env.KEELSON_KUBECTL ?? 'kubectl'
const name = `log-latency-${Date.now().toString(36)}`
const script = `import time
time.sleep(4)
for n in range(${lines}):
    print(f"at={int(time.time() * 1000)};", flush=True)
    time.sleep(${everyMs / 1000})`
const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'telco' },
  spec: {
    backoffLimit: 0,
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'main', image: 'keelson/python:1', command: ['python', '-c', script] }],
      },
    },
  },
}
const run = (args, input) => execFileSync(kubectl, ['--kubeconfig', kubeconfig, ...args], { input, encoding: 'utf8' })

const { browser, page } = await launchSignedIn(home, url)
try {
  run(['create', '-f', '-'], JSON.stringify(job))
  const uid = run(['get', 'job', name, '-n', 'telco', '-o', 'jsonpath={.metadata.uid}'])
  await page.addInitScript(() => {
    globalThis.seen = {}
    new MutationObserver(() => {
      const now = Date.now()
      for (const [, at] of document.body.textContent.matchAll(/at=(\d+);/g)) globalThis.seen[at] ??= now
    }).observe(document, { childList: true, subtree: true, characterData: true })
  })
  await page.goto(`${url}/w/telco/jobs/${uid}`)
  await page.waitForFunction((wanted) => Object.keys(globalThis.seen).length >= wanted, lines, { timeout: 300_000 })
  const seen = await page.evaluate(() => globalThis.seen)
  const ms = Object.entries(seen)
    .map(([at, shown]) => shown - Number(at))
    .sort((one, other) => one - other)
  const at = (share) => ms[Math.min(ms.length - 1, Math.floor(share * ms.length))]
  console.log(`${ms.length} lines, ms from written to shown: p50 ${at(0.5)}, p95 ${at(0.95)}, most ${ms.at(-1)}`)
} finally {
  await browser.close()
  run(['delete', 'job', name, '-n', 'telco', '--ignore-not-found', '--wait=false'])
}
