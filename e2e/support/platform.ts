/** The started platform that the wire and browser tests share, as its own commands describe it. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const command = fileURLToPath(new URL('../../tooling/bootstrap/keelson.mjs', import.meta.url))

export type PlatformStatus = {
  url: string
  contentUrl: string
  notebooksUrl: string
  kubeconfig: string
  databaseUrl: string
  home: string
  workspaces: Record<string, { mlflow: string; kfp: string; feast: string; inference: string }>
}

/** The sample people of the embedded provider. */
export const people = {
  admin: 'admin@keelson.local',
  scientist: 'scientist@keelson.local',
  viewer: 'viewer@keelson.local',
  outsider: 'outsider@keelson.local',
} as const

/** The state folder of the platform under test; unset where none was started. */
export const platformHome = process.env.KEELSON_E2E_HOME

/** Runs one of Keelson's commands against a state folder and gives what it printed. */
export async function keelson(args: readonly string[], home = platformHome): Promise<string> {
  const { stdout } = await run(process.execPath, [command, ...args], {
    cwd: root,
    env: { ...process.env, ...(home === undefined ? {} : { KEELSON_HOME: home }) },
    maxBuffer: 32 * 1024 * 1024,
  })
  return stdout.trim()
}

export async function platformStatus(home = platformHome): Promise<PlatformStatus> {
  return JSON.parse(await keelson(['status', '--json'], home)) as PlatformStatus
}

/** A personal access token of a sample person. */
export function tokenOf(person: keyof typeof people, workspace?: string, home = platformHome): Promise<string> {
  return keelson(['token', '--as', people[person], ...(workspace ? ['--workspace', workspace] : [])], home)
}
