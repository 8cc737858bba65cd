/**
 * `kill -9` of any process, or of all of them, at any moment of the sample: the next `npm start` goes on from where it was,
 * with no orphan, no stuck state and no second version.
 */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEnvironment } from '@keelson/kubelite/environment'
import { freePortPair } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keelson, platformStatus, tokenOf } from '../support/platform.ts'

/** It looks for processes in /proc. */
const enabled = process.platform === 'linux'
const seed = Number(process.env.KEELSON_TEST_KILL_SEED ?? '7')
const kills = Number(process.env.KEELSON_TEST_KILLS ?? '4')

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

const read = (path: string) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Every process of this state folder: the platform's by the marker in their environment, pods' by the folder they run in. */
function processesOf(home: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => {
      const marked = readEnvironment(pid)?.split('\0').includes(`KEELSON_HOME=${home}`) === true
      return marked || read(`/proc/${pid}/cmdline`).includes(`${home}/`) || folderOf(pid).startsWith(`${home}/`)
    })
    .map(Number)
}

function folderOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.skipIf(!enabled)('kill -9 at random points of the sample', () => {
  const home = join(mkdtempSync(join(tmpdir(), 'keelson-kill-')), 'home')
  const next = random(seed)

  beforeAll(async () => {
    process.env.KEELSON_PORT = String(await freePortPair())
    await keelson(['start', '--detach'], home)
  }, 600_000)

  afterAll(async () => {
    await keelson(['stop'], home).catch(() => {})
    rmSync(join(home, '..'), { recursive: true, force: true })
  }, 120_000)

  /** Starts the platform unless its supervisor has outlived the kill: then that is what brings the rest back. */
  const startAgain = () =>
    keelson(['start', '--detach'], home).catch((error: Error) => {
      if (!error.message.includes('already running')) throw error
    })

  /** Asks MLflow's own API of the workspace, as the scientist. */
  const mlflow = async (path: string, body?: unknown) => {
    const { workspaces } = await platformStatus(home)
    const answer = await fetch(`${workspaces.telco?.mlflow}/api/2.0/mlflow/${path}`, {
      headers: {
        authorization: `Bearer ${await tokenOf('scientist', 'telco', home)}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    return (await answer.json()) as Record<string, unknown>
  }

  test('goes on, and the world is consistent at the end', async () => {
    for (let kill = 0; kill < kills; kill += 1) {
      await wait(1_000 + next() * 6_000)
      const victims = processesOf(home)
      const chosen = next() < 0.3 ? victims : victims.slice(Math.floor(next() * victims.length)).slice(0, 1)
      for (const pid of chosen) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // It ended by itself meanwhile.
        }
      }
      await startAgain()
    }
    const { ok, steps } = JSON.parse(await keelson(['demo', '--json'], home)) as { ok: boolean; steps: unknown }
    expect(ok, JSON.stringify(steps, null, 1)).toBe(true)

    const { model_versions: versions } = (await mlflow("model-versions/search?filter=name%3D'churn'")) as {
      model_versions: { current_stage: string }[]
    }
    expect(versions.map((version) => version.current_stage)).toEqual(['Production'])

    const { experiment } = (await mlflow('experiments/get-by-name?experiment_name=telco-churn')) as {
      experiment: { experiment_id: string }
    }
    const { runs } = (await mlflow('runs/search', {
      experiment_ids: [experiment.experiment_id],
      max_results: 1000,
    })) as {
      runs: { info: { status: string; run_name: string } }[]
    }
    expect(
      runs.map(({ info }) => info.status).filter((status) => status !== 'FINISHED' && status !== 'FAILED'),
    ).toEqual([])
  }, 900_000)

  test('stop leaves no process behind', async () => {
    await keelson(['stop'], home)
    expect(processesOf(home)).toEqual([])
  }, 120_000)
})
