/** What goes wrong before the platform starts: one sentence, an exit code that is not 0, nothing half-written. */
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePortPair } from '@keelson/testing'
import { expect, onTestFinished, test } from 'vitest'
import { openHome } from '../home/home.ts'
import { lockHome } from '../home/lock.ts'

const main = join(import.meta.dirname, '../main.ts')
/** The checkout's Node: the one that runs us may lie in root's own cache, where no other user can run it. */
const node = join(import.meta.dirname, '../../../../node_modules/node/bin/node')
const isRoot = process.getuid?.() === 0

function newHome(): string {
  return join(mkdtempSync(join(tmpdir(), 'keelson-faults-')), 'home')
}

async function start(home: string, options: { port?: number; uid?: number } = {}) {
  const port = options.port ?? (await freePortPair())
  const result = spawnSync(node, ['--disable-warning=ExperimentalWarning', main, 'start', '--detach'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', HOME: tmpdir(), KEELSON_HOME: home, KEELSON_PORT: String(port) },
    timeout: 30_000,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
  return { code: result.status, stdout: result.stdout, sentence: result.stderr.trim() }
}

test('a second start in the same folder', async () => {
  const home = openHome(newHome())
  onTestFinished(lockHome(home))
  const { code, sentence, stdout } = await start(home.path)
  expect(sentence).toMatch(
    new RegExp(`^Keelson is already running in .* \\(process ${process.pid}\\): open it .* "npm run stop".*\\.$`),
  )
  expect([code, stdout]).toEqual([1, ''])
})

test('the lock of a process that is gone is taken over, and only one taker wins', () => {
  const home = openHome(newHome())
  writeFileSync(home.file('run', 'owner.json'), JSON.stringify({ pid: process.pid, startedAt: 'long ago' }))
  const unlock = lockHome(home)
  expect(() => lockHome(home)).toThrow('already running')
  unlock()
  lockHome(home)()
  expect(readdirSync(home.run)).toEqual([])
})

test.each([0, 1])('port %i after the front port is taken', async (offset) => {
  const port = await freePortPair()
  const server = createServer().listen(port + offset, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const home = newHome()
  const { code, sentence } = await start(home, { port })
  expect(sentence).toMatch(
    new RegExp(`^Port ${port + offset} is taken by another program .*KEELSON_PORT=\\d+ npm start\\.$`),
  )
  expect([code, existsSync(join(home, 'postgres'))]).toEqual([1, false])
})

test('a folder of a newer version is refused and left alone', async () => {
  const home = newHome()
  mkdirSync(home)
  writeFileSync(join(home, 'version'), '2\n')
  const { code, sentence } = await start(home)
  expect(sentence).toMatch(/was written by a newer version of Keelson \(format 2, this version knows 1\): .*\.$/)
  expect([code, readdirSync(home)]).toEqual([1, ['version']])
})

test.each([
  ['version', 'nonsense', /is damaged \(its version file reads "nonsense"\): /],
  ['settings.json', '{"ports":', /is damaged \(.*settings\.json cannot be read\): /],
  ['settings.json', '{"ports":{},"secrets":{}}', /is damaged \(.*settings\.json cannot be read\): /],
])('a damaged %s is refused and kept', async (name, text, expected) => {
  const home = newHome()
  mkdirSync(home)
  if (name !== 'version') writeFileSync(join(home, 'version'), '1\n')
  writeFileSync(join(home, name), text)
  const { code, sentence } = await start(home)
  expect(sentence).toMatch(expected)
  expect([code, readFileSync(join(home, name), 'utf8')]).toEqual([1, text])
})

test('a damaged database is refused with Postgres’ own reason', async () => {
  const home = openHome(newHome())
  mkdirSync(home.file('postgres'))
  writeFileSync(home.file('postgres', 'PG_VERSION'), '9\n')
  if (isRoot) execFileSync('chown', ['-R', '65534:65534', home.file('postgres')])
  chmodSync(home.file('postgres'), 0o700)
  const { code, sentence } = await start(home.path)
  expect(sentence.split('\n').at(-1)).toMatch(/^Postgres cannot start on the data in .*: .+\.$/)
  expect(code).toBe(1)
})

test('a folder that is not ours is not touched', async () => {
  const home = newHome()
  mkdirSync(home)
  writeFileSync(join(home, 'thesis.txt'), 'years of work')
  const { code, sentence } = await start(home)
  expect(sentence).toMatch(
    /is not a state folder of Keelson, or it is damaged \(it has no version file, but thesis\.txt\): /,
  )
  expect([code, readdirSync(home)]).toEqual([1, ['thesis.txt']])
})

test('a file where the folder should be', async () => {
  const home = newHome()
  writeFileSync(home, '')
  const { code, sentence } = await start(home)
  expect(sentence).toMatch(/^The state folder .* is not a folder: .*\.$/)
  expect(code).toBe(1)
})

test('a folder that cannot be written', async (context) => {
  const home = newHome()
  mkdirSync(home)
  for (const folder of [join(home, '..'), home]) chmodSync(folder, 0o555)
  onTestFinished(() => chmodSync(join(home, '..'), 0o755))
  const other = isRoot ? { uid: 65534, gid: 65534 } : {}
  const usable = spawnSync('test', ['-r', main, '-a', '-x', node], other).status === 0
  context.skip(!usable, 'other users cannot read this checkout, so none can be tried')
  const { code, sentence } = await start(home, isRoot ? { uid: 65534 } : {})
  expect(sentence).toMatch(/^The state folder .* cannot be written: mend its permissions, .*\.$/)
  expect(code).toBe(1)
})

test('a full disk', async (context) => {
  const home = newHome()
  mkdirSync(home)
  const mounted = isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'keelson-test', home]).status === 0
  context.skip(!mounted, 'a small file system can only be mounted by root')
  onTestFinished(() => void execFileSync('umount', [home]))
  const { code, sentence } = await start(home)
  expect(sentence).toMatch(/^The disk that holds .* is full: free some space, .*\.$/)
  expect([code, readdirSync(home)]).toEqual([1, []])
})

test('options and durations that do not exist are named', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [main, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', KEELSON_HOME: newHome() },
    })
  expect(run('start', '--bogus').stderr).toMatch(
    /^npm run start: Unknown option '--bogus'; it takes --detach, --no-sample, --take-over\.$/m,
  )
  expect(run('token', '--as', 'a@b.c', '--ttl', 'soon').stderr).toMatch(/^"soon" is not a duration: /)
  expect(run('token').stderr).toMatch(/^Say whose token: /)
  expect(run('token', '--as', 'a@b.c').stderr).toMatch(/^Keelson is not running: run npm start first\.$/m)
  expect(run('status').stderr).toMatch(/^Keelson is not running in .*: run npm start\.$/m)
})

test('reset deletes only what is ours, and asks', () => {
  const run = (home: string, ...args: string[]) =>
    spawnSync(process.execPath, [main, 'reset', ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', KEELSON_HOME: home },
    })
  const foreign = newHome()
  mkdirSync(foreign)
  writeFileSync(join(foreign, 'thesis.txt'), 'years of work')
  expect(run(foreign, '--yes')).toMatchObject({ status: 1 })
  expect(existsSync(join(foreign, 'thesis.txt'))).toBe(true)
  const home = openHome(newHome())
  expect(run(home.path).stderr).toMatch(/asks first/)
  expect(existsSync(home.path)).toBe(true)
  expect(run(home.path, '--yes')).toMatchObject({ status: 0 })
  expect(existsSync(home.path)).toBe(false)
})
