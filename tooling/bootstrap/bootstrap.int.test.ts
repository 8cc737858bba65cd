/** What a machine that lacks something is told: one sentence, an exit code that is not 0, nothing half-written. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensurePackage } from './node-tools.mjs'

const root = join(import.meta.dirname, '../..')
const temporary = () => mkdtempSync(join(tmpdir(), 'keelson-bootstrap-'))

type Run = { code: number | null; stdout: string; stderr: string }

function keelson(args: string[], env: Record<string, string>, options: { node?: string; checkout?: string } = {}): Run {
  const entry = join(options.checkout ?? root, 'tooling/bootstrap/keelson.mjs')
  const result = spawnSync(options.node ?? process.execPath, [entry, ...args], {
    encoding: 'utf8',
    env: { HOME: temporary(), PATH: process.env.PATH ?? '', ...env },
    timeout: 100_000,
  })
  return { code: result.status, stdout: result.stdout, stderr: result.stderr }
}

/** A folder that is the whole PATH, with programs written as shell scripts. */
function onlyPrograms(programs: Record<string, string>): string {
  const folder = temporary()
  symlinkSync('/bin/sh', join(folder, 'sh'))
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}

function isOneSentence(text: string): boolean {
  return text.trim().split('\n').length === 1 && text.trim().endsWith('.')
}

test.each(['12.22.12', '16.20.2', '18.20.8'])(
  'Node %s is too old, and says so',
  async (version) => {
    const folder = await ensurePackage('node', version, `node ${version}`)
    const node = join(folder, 'node_modules/node/bin/node')
    for (const entry of ['keelson.mjs', 'test.mjs']) {
      const result = spawnSync(node, [join(root, 'tooling/bootstrap', entry), 'start'], { encoding: 'utf8' })
      expect(result.stderr).toMatch(new RegExp(`^Node ${version} is too old: Keelson needs 20\\.19 or newer`))
      expect(isOneSentence(result.stderr)).toBe(true)
      expect(result.status).toBe(1)
    }
  },
  120_000,
)

test('no Python', () => {
  const home = join(temporary(), 'home')
  const { code, stderr } = keelson(['start', '--detach'], { PATH: onlyPrograms({}), KEELSON_HOME: home })
  expect(stderr).toMatch(/^Python is missing: install Python 3\.10 or newer/)
  expect([code, isOneSentence(stderr), existsSync(home)]).toEqual([1, true, false])
})

test('Python too old, on the PATH or named', () => {
  const home = join(temporary(), 'home')
  const path = onlyPrograms({ python3: 'echo 3.8.10' })
  const onPath = keelson(['start', '--detach'], { PATH: path, KEELSON_HOME: home })
  expect(onPath.stderr).toMatch(/^Python is too old \(python3 is 3\.8\.10\): install Python 3\.10 or newer/)
  const named = keelson(['start'], { KEELSON_PYTHON: '/nowhere/python', KEELSON_HOME: home })
  expect(named.stderr).toMatch(/^KEELSON_PYTHON is \/nowhere\/python, which does not run: /)
  for (const run of [onPath, named]) expect([run.code, isOneSentence(run.stderr)]).toEqual([1, true])
  expect(existsSync(home)).toBe(false)
})

/** What the bootstrap needs of a checkout in which nothing was ever installed. */
function freshCheckout(): string {
  const folder = temporary()
  for (const path of ['tooling/bootstrap', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', 'package.json']) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    cpSync(join(root, path), join(folder, path), { recursive: true })
  }
  return folder
}

test('no network: the registry is named, and nothing is left behind', () => {
  const checkout = freshCheckout()
  const cache = temporary()
  const env = { npm_config_registry: 'http://127.0.0.1:1/', KEELSON_CACHE: cache, KEELSON_HOME: join(checkout, 'home') }
  const { code, stderr } = keelson(['start', '--detach'], env, { checkout })
  const sentence = stderr.trim().split('\n').at(-1) ?? ''
  expect(sentence).toMatch(/failed because the npm registry does not answer \(ECONNREFUSED\): check the network .*\.$/)
  expect(code).toBe(1)
  expect(existsSync(join(checkout, 'home'))).toBe(false)
  expect(readdirSync(join(cache, 'tools'))).toEqual([])
}, 120_000)

test('nothing installed and never started: status and stop install nothing', () => {
  const checkout = freshCheckout()
  for (const command of ['status', 'stop', 'reset']) {
    const { code, stdout, stderr } = keelson([command], { KEELSON_HOME: join(checkout, 'home') }, { checkout })
    expect(stderr).toMatch(/^Keelson has never been started here/)
    expect([code, stdout, existsSync(join(checkout, 'node_modules'))]).toEqual([1, '', false])
  }
})

test('an unknown command shows the usage', () => {
  const { code, stdout, stderr } = keelson(['dance'], {})
  expect(stderr).toContain('npm start')
  expect([code, stdout]).toEqual([2, ''])
})
