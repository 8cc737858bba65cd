import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '@keelson/process/clock'
import { type Attempt, attemptDir, attemptNumbers, readAttempt, refreshAttempt } from './attempt.ts'
import { removePodNetwork } from './network/index.ts'
import { readPodRecords } from './pod-record.ts'
import { stopContainer } from './stop-container.ts'

const longestGraceMs = 10_000

/**
 * Ends every container of a state folder whose kubelite does not run: SIGTERM, the pod's grace period (at most ten
 * seconds), SIGKILL. What is on disk stays: at the next start containers are run again by their pods' restartPolicy, and
 * one that ended because of this counts as failed, whatever its exit code. The pods' links and rules are removed. Returns how
 * many were running.
 */
export async function stopAllPods(stateDir: string, options: { graceMs?: number } = {}): Promise<number> {
  const pods = await readPodRecords(stateDir)
  const stopped = await Promise.all(
    pods.map(({ podDir, record }) =>
      stopPod(podDir, Math.min(record.graceSeconds * 1000, options.graceMs ?? longestGraceMs)),
    ),
  )
  await removePodNetwork(stateDir)
  return stopped.reduce((total, count) => total + count, 0)
}

/** Ends the containers of one pod, whose worker does not run; returns how many were running. */
export async function stopPod(podDir: string, graceMs: number): Promise<number> {
  const running = await runningAttempts(podDir)
  const deadline = Date.now() + graceMs
  await Promise.all(
    running.map(async (attempt) => {
      await writeFile(join(attempt.dir, 'stopped-by-node'), '')
      await stopContainer(attempt, { clock: systemClock, deadline: () => deadline })
    }),
  )
  return running.length
}

/** Ends every container at once and removes all pods' folders. */
export async function removeAllPods(stateDir: string): Promise<void> {
  await stopAllPods(stateDir, { graceMs: 0 })
  await rm(join(stateDir, 'pods'), { recursive: true, force: true })
}

async function runningAttempts(podDir: string): Promise<Attempt[]> {
  const names = await readdir(join(podDir, 'containers')).catch(() => [])
  const attempts = await Promise.all(
    names.map(async (name) => {
      const numbers = await attemptNumbers(podDir, name)
      const read = await Promise.all(numbers.map((number) => readAttempt(attemptDir(podDir, name, number), number)))
      return Promise.all(
        read
          .filter((attempt) => attempt !== null && attempt.exit === null)
          .map((attempt) => refreshAttempt(attempt as Attempt, () => new Date())),
      )
    }),
  )
  return attempts.flat().filter((attempt) => attempt.exit === null)
}
