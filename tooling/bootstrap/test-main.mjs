/**
 * `npm test`: everything that CI runs, part by part, with the time of each. The platform is started once, with the sample
 * project, for all tests that need it. A test file that failed is run once more by itself, as what weighed on it may be
 * gone; a test that then passes is told as flaky, which is a bug to mend and does not fail the run. Ends with what failed,
 * what was flaky and `N passed, N failed, N skipped`.
 *
 *   npm test                     all parts
 *   npm test -- lint pure        only these
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toolEnvironment } from './node-tools.mjs'
import { root } from './paths.mjs'
import { prepare } from './prepare.mjs'
import { seconds } from './progress.mjs'
import { requirePython } from './python.mjs'
import { addUp, joined, nothing, secondTry } from './test-results.mjs'
import { Trouble } from './trouble.mjs'

const bin = (name) => join(root, 'node_modules', name)
const vitest = [bin('vitest/vitest.mjs'), 'run', '--passWithNoTests']
const sources = ['apps', 'packages', 'e2e', 'tooling', 'examples', 'deploy']

/** Parts without a `project` count as one test: passed when they exit with 0. */
const parts = [
  { name: 'types', run: [bin('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json'] },
  {
    name: 'types of the web app',
    run: [bin('typescript/bin/tsc'), '--noEmit', '-p', 'apps/web/tsconfig.json'],
    needs: 'apps/web/tsconfig.json',
  },
  { name: 'lint', run: [bin('@biomejs/biome/bin/biome'), 'check', '--diagnostic-level=error', '.'] },
  {
    name: 'boundaries',
    run: [
      bin('dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      'tooling/presets/dependency-cruiser.mjs',
      ...sources,
    ],
  },
  { name: 'file sizes', run: ['tooling/checks/file-sizes.mjs'] },
  { name: 'pure', run: [...vitest, '--project', 'pure'], project: true },
  { name: 'integration', run: [...vitest, '--project', 'integration'], project: true },
  { name: 'conformance', run: [...vitest, '--project', 'conformance'], project: true },
  { name: 'deploy', run: [...vitest, '--project', 'deploy'], project: true },
  { name: 'wire', run: [...vitest, '--project', 'wire'], project: true, platform: true },
  { name: 'journeys', run: [...vitest, '--project', 'journeys'], project: true, platform: true },
  { name: 'attacks', run: [...vitest, '--project', 'attacks'], project: true, platform: true },
  { name: 'kill', run: [...vitest, '--project', 'kill'], project: true, web: true, last: true },
]

export async function run(only) {
  const results = []
  const times = []
  try {
    const wrong = only.find((name) => !parts.some((part) => part.name === name))
    if (wrong !== undefined)
      throw new Trouble(`There is no part "${wrong}": choose from ${parts.map(({ name }) => name).join(', ')}.`)
    const chosen = parts.filter(
      (part) => (only.length === 0 || only.includes(part.name)) && (!part.needs || existsSync(join(root, part.needs))),
    )
    requirePython()
    const node = await timed(times, 'prepare', () => prepare({ web: chosen.some((part) => part.platform || part.web) }))
    const work = mkdtempSync(join(tmpdir(), 'keelson-test-'))
    try {
      for (const part of chosen.filter(({ platform, last }) => !platform && !last))
        results.push(await runPart(part, node, {}, work, times))
      const onPlatform = chosen.filter(({ platform }) => platform)
      if (onPlatform.length > 0) await withPlatform(node, work, times, results, onPlatform)
      for (const part of chosen.filter(({ last }) => last)) results.push(await runPart(part, node, {}, work, times))
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  } catch (error) {
    console.error(error instanceof Trouble ? error.message : error)
    results.push(outcome('npm test', false))
  }
  for (const { name, ms } of times) console.log(`${name.padEnd(24)}${seconds(ms).padStart(9)}`)
  const total = addUp(results)
  for (const { file, test, why } of total.flaky) console.log(`flaky: ${file} > ${test}: ${why}`)
  for (const { file, test, why } of total.failures) console.log(`failed: ${file} > ${test}: ${why}`)
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  return total.failed > 0 || total.passed === 0 ? 1 : 0
}

/** One platform in a state folder of its own, with the sample running, for all parts that need one. */
async function withPlatform(node, work, times, results, chosen) {
  const home = join(work, 'home')
  const port = String(await freePorts())
  const e2e = { KEELSON_E2E_HOME: home, KEELSON_E2E_URL: `http://localhost:${port}` }
  const env = { KEELSON_HOME: home, KEELSON_PORT: port, ...e2e }
  const keelson = (...args) => exec(node, ['tooling/bootstrap/keelson.mjs', ...args], env)
  const started = await timed(times, 'start the platform', () => keelson('start', '--detach'))
  if (started !== 0) {
    console.error('The platform did not start: the tests that need it count as failed.')
    await exec('sh', ['-c', `tail -n 40 "${home}"/logs/*.log`], env)
    for (const part of chosen) results.push(outcome(part.name, false))
  } else {
    // Its own test: every step of the sample is true, and what the other tests look at is there.
    results.push(outcome('the sample', (await timed(times, 'the sample', () => keelson('demo'))) === 0))
    for (const part of chosen) results.push(await runPart(part, node, env, work, times))
  }
  if ((await timed(times, 'stop the platform', () => keelson('stop'))) !== 0)
    results.push(outcome('stop the platform', false))
}

async function runPart(part, node, env, work, times) {
  console.log(`\n== ${part.name}`)
  return timed(times, part.name, async () => {
    if (!part.project) return outcome(part.name, (await exec(node, part.run, env)) === 0)
    const first = await runProject(part, node, env, work, [])
    const again = secondTry(first)
    if (again.length === 0) return first
    console.log(`\n== ${part.name}, once more: ${again.join(' ')}`)
    return joined(first, again, await runProject(part, node, env, work, again))
  })
}

async function runProject(part, node, env, work, files) {
  const summary = join(work, `${part.name}.json`)
  rmSync(summary, { force: true })
  const code = await exec(node, [...part.run, ...files], { ...env, KEELSON_TEST_SUMMARY: summary })
  const counted = existsSync(summary) ? JSON.parse(readFileSync(summary, 'utf8')) : nothing
  // A runner that broke off has counted nothing wrong, and yet has not passed.
  return code === 0 || counted.failures.length > 0
    ? counted
    : { ...counted, failures: [{ file: '', test: part.name, why: `it ended with exit code ${code}` }] }
}

/** What is one test: passed or failed as a whole. */
function outcome(name, passed) {
  return {
    files: [{ file: name, passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 }],
    failures: passed ? [] : [{ file: name, test: 'as a whole', why: 'see above' }],
  }
}

async function timed(times, name, work) {
  const startedAt = Date.now()
  try {
    return await work()
  } finally {
    times.push({ name, ms: Date.now() - startedAt })
  }
}

/** Runs a program (a script of ours with `node`) with its output shown; resolves with the exit code. */
function exec(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...toolEnvironment(command), ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', (error) => {
      console.error(String(error))
      resolve(1)
    })
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** A port whose successor is free as well, below the range that the system takes ports from by itself. */
/** The first of three free ports in a row: the front, artifacts, notebooks. */
async function freePorts() {
  for (;;) {
    const first = 20_000 + 3 * Math.floor(Math.random() * 4_000)
    const taken = []
    for (const port of [first, first + 1, first + 2]) taken.push(await listenOnce(port))
    if (!taken.includes(null)) return first
  }
}

function listenOnce(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(port, '127.0.0.1', () => {
      const taken = server.address().port
      server.close(() => resolve(taken))
    })
  })
}
