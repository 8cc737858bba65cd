/**
 * `kill -9` of any process, or of all of them, at any moment of the sample: the next `npm start` goes on from where it was,
 * with no orphan, no stuck state and no second version.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keelson } from '../support/platform.ts'

const enabled = process.env.KEELSON_TEST_KILL === '1' && process.platform === 'linux'
const seed = Number(process.env.KEELSON_TEST_KILL_SEED ?? '7')
const kills = Number(process.env.KEELSON_TEST_KILLS ?? '6')

/** Mulberry32: the same seed kills at the same points of the list, so that a failure can be looked at again. */
function random(state: number): () => number {
  let now = state
  return () => {
    now = (now + 0x6d2b79f5) | 0
    let mixed = Math.imul(now ^ (now >>> 15), 1 | now)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Everything that was started for this state folder, by the marker that the launcher puts into each environment. */
function processesOf(home: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`KEELSON_HOME=${home}`)
      } catch {
        return false
      }
    })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.skipIf(!enabled)('kill -9 at random points of the sample', () => {
  const home = join(mkdtempSync(join(tmpdir(), 'keelson-kill-')), 'home')
  const next = random(seed)

  beforeAll(async () => {
    process.env.KEELSON_PORT = String(await freePort())
    await keelson(['start', '--detach'], home)
  }, 600_000)

  afterAll(async () => {
    await keelson(['stop'], home).catch(() => {})
    rmSync(join(home, '..'), { recursive: true, force: true })
  }, 120_000)

  test('goes on, and the world is consistent at the end', async () => {
    for (let kill = 0; kill < kills; kill += 1) {
      await wait(1_000 + next() * 8_000)
      const victims = processesOf(home)
      const all = next() < 0.3
      const chosen = all ? victims : victims.slice(Math.floor(next() * victims.length)).slice(0, 1)
      for (const pid of chosen) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // It ended by itself meanwhile.
        }
      }
      await keelson(['start', '--detach'], home)
    }
    const table = await keelson(['demo'], home)
    expect(table).not.toMatch(/failed|pending/i)
    const state = JSON.parse(await keelson(['demo', '--json'], home)) as { ok: boolean }
    expect(state.ok).toBe(true)
  }, 900_000)

  test('stop leaves no process behind', async () => {
    await keelson(['stop'], home)
    expect(processesOf(home)).toEqual([])
  }, 120_000)
})
