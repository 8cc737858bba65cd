import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@keelson/process/logger'
import type { Home } from '../home/home.ts'
import { findByEnvironment, isRunning, ProcessId, signalProcess } from './process-id.ts'

const graceMs = 6_000

/**
 * Ends what an earlier supervisor left running when it was killed: by the files in `run/`, and on Linux by the marker in
 * each process' environment. Pods are kubelite's own business (it goes on with them or ends them), and Postgres is adopted. Returns how many there were.
 */
export async function endOrphans(home: Home, log: Logger): Promise<number> {
  const found = new Map<number, ProcessId>()
  for (const id of [...fromFiles(home), ...fromEnvironment(home)]) if (isRunning(id)) found.set(id.pid, id)
  const orphans = [...found.values()]
  if (orphans.length === 0) return 0
  log.warn('ending processes of an earlier run', { pids: orphans.map(({ pid }) => pid) })
  for (const id of orphans) signalProcess(id, 'SIGTERM')
  const deadline = Date.now() + graceMs
  while (orphans.some(isRunning) && Date.now() < deadline) await sleep(50)
  for (const id of orphans) signalProcess(id, 'SIGKILL')
  while (orphans.some(isRunning) && Date.now() < deadline + graceMs) await sleep(20)
  return orphans.length
}

function fromFiles(home: Home): ProcessId[] {
  const files = readdirSync(home.run).filter((name) => name.endsWith('.pid.json'))
  return files.flatMap((name) => {
    const path = home.file('run', name)
    try {
      return [ProcessId.parse(JSON.parse(readFileSync(path, 'utf8')))]
    } catch {
      return []
    } finally {
      rmSync(path, { force: true })
    }
  })
}

function fromEnvironment(home: Home): ProcessId[] {
  const isOurs = (entry: string) => entry.startsWith('KEELSON_PROCESS=')
  const isPod = (entry: string) => entry.startsWith('KEELSON_CONTAINER=')
  return findByEnvironment('KEELSON_HOME', home.path)
    .filter(({ environment }) => environment.some(isOurs) && !environment.some(isPod))
    .map(({ id }) => id)
}
