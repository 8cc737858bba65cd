import { readFileSync, rmSync } from 'node:fs'
import { z } from 'zod'
import { type Home, writeWhole } from '../home/home.ts'

/** What the supervisor tells the other commands, in `run/platform.json`; there only while the platform is ready. */
const PlatformState = z.object({
  url: z.string(),
  contentUrl: z.string(),
  notebooksUrl: z.string(),
  kubeconfig: z.string(),
  databaseUrl: z.string(),
  embeddedIdentity: z.boolean(),
  /** Where the launcher itself reaches the cluster. */
  adminKubeconfig: z.string(),
})
export type PlatformState = z.infer<typeof PlatformState>

const fileOf = (home: Home) => home.file('run', 'platform.json')

export function writeState(home: Home, state: PlatformState): void {
  writeWhole(fileOf(home), JSON.stringify(state))
}

export function readState(home: Home): PlatformState | null {
  try {
    return PlatformState.parse(JSON.parse(readFileSync(fileOf(home), 'utf8')))
  } catch {
    return null
  }
}

export function removeState(home: Home): void {
  rmSync(fileOf(home), { force: true })
}
