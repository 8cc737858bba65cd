import { stopPostgres } from '@keelson/embedded-postgres'
import type { Home } from '../home/home.ts'

/** Ends the containers of pods, which outlive kubelite; returns how many were running. */
export async function endPods(home: Home): Promise<number> {
  // Loaded only here: the launcher itself needs nothing of kubelite while it runs.
  const { stopAllPods } = await import('@keelson/kubelite')
  return stopAllPods(home.file('kubelite', 'node'))
}

/** Stops a database server that a killed supervisor left running; true when there was one. */
export function endPostgres(home: Home): Promise<boolean> {
  return stopPostgres(home.file('postgres'))
}
