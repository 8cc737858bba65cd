import { existsSync } from 'node:fs'
import { type Home, writeWhole } from '../home/home.ts'

/** The sample runs on the first start, and again on each one until it has succeeded once. */
export function isSampleDue(home: Home): boolean {
  return !existsSync(home.file('sample-done'))
}

export function markSampleDone(home: Home): void {
  writeWhole(home.file('sample-done'), `${new Date().toISOString()}\n`)
}
