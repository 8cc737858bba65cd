#!/usr/bin/env node
/**
 * Times the two commands and weighs the idle platform. Nothing is asserted: it prints what it saw.
 *
 *   node bench/platform.mjs            cold start of a fresh clone with empty caches, warm start, idle memory, demo
 *   node bench/platform.mjs --warm     the same without the cold start, on this checkout
 *
 * Cold: a clone in a temporary folder, with a HOME, an npm cache and an environment cache of its own; the clock runs from
 * `npm start -- --detach --no-sample` to its return, which is when the dashboard answers. Warm: the same command after
 * `npm run stop`. Idle: 20 s after that, the sum of PSS (/proc/PID/smaps_rollup, Linux) of the platform's processes, pods
 * apart. Demo: `npm run demo` on that platform, with the Python environment built beforehand.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('..', import.meta.url))
const warmOnly = process.argv.includes('--warm')
const scratch = mkdtempSync(join(tmpdir(), 'keelson-bench-'))
const port = process.env.KEELSON_PORT ?? '7790'
const clone = warmOnly ? here : join(scratch, 'clone')
const env = {
  ...process.env,
  KEELSON_HOME: join(scratch, 'home'),
  KEELSON_PORT: port,
  ...(warmOnly
    ? {}
    : { HOME: join(scratch, 'user'), npm_config_cache: join(scratch, 'npm'), XDG_CACHE_HOME: join(scratch, 'cache') }),
}

/** @param {string} script @param {string[]} args */
function npm(script, ...args) {
  const started = performance.now()
  const done = spawnSync('npm', ['run', '-s', script, '--', ...args], { cwd: clone, env, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`npm run ${script} ended with ${done.status}\n${done.stdout}\n${done.stderr}`)
  return { seconds: (performance.now() - started) / 1000, out: done.stdout }
}

/** @param {number} ms */
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Every process below these, by the parent links of /proc. @param {number[]} roots */
function tree(roots) {
  const parents = new Map()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It ended while we looked.
    }
  }
  const found = new Set(roots)
  for (let grown = true; grown; ) {
    grown = false
    for (const [pid, parent] of parents) {
      if (found.has(parent) && !found.has(pid)) {
        found.add(pid)
        grown = true
      }
    }
  }
  return [...found]
}

/** @param {number} pid */
function pssMiB(pid) {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** The platform's processes as its state folder names them; pods are children of none of these. */
function processes() {
  const home = env.KEELSON_HOME
  const pidIn = (file) => Number(JSON.parse(readFileSync(join(home, 'run', file), 'utf8')).pid)
  const parts = readdirSync(join(home, 'run')).filter((file) => file.endsWith('.pid.json'))
  return [
    ...parts.map((file) => ({ name: file.replace('.pid.json', ''), pid: pidIn(file) })),
    { name: 'supervisor', pid: pidIn('owner.json') },
    { name: 'postgres', pid: Number(readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]) },
  ]
}

const report = [`${cpus().length} cores, ${cpus()[0]?.model ?? ''}, Node ${process.version}`]
try {
  if (!warmOnly) {
    execFileSync('git', ['clone', '-q', here, clone])
    report.push(`cold start to a usable dashboard  ${npm('start', '--detach', '--no-sample').seconds.toFixed(1)} s`)
  } else {
    npm('start', '--detach', '--no-sample')
  }
  npm('stop')
  report.push(`warm start                        ${npm('start', '--detach', '--no-sample').seconds.toFixed(1)} s`)
  await wait(20_000)
  let total = 0
  for (const { name, pid } of processes()) {
    const weight = (name === 'postgres' ? tree([pid]) : [pid]).reduce((sum, found) => sum + pssMiB(found), 0)
    total += weight
    report.push(`  ${name.padEnd(12)}${weight.toFixed(0).padStart(5)} MiB`)
  }
  report.push(`idle, sum of PSS                  ${total.toFixed(0)} MiB`)
  const first = npm('demo')
  report.push(`demo, environment perhaps built   ${first.seconds.toFixed(1)} s`)
  npm('reset', '--yes')
  npm('start', '--detach', '--no-sample')
  report.push(`demo on a warm platform           ${npm('demo').seconds.toFixed(1)} s`)
} finally {
  spawnSync('npm', ['run', '-s', 'stop'], { cwd: clone, env })
  rmSync(scratch, { recursive: true, force: true })
  process.stdout.write(`${report.join('\n')}\n`)
}
