import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Fault, folderFault } from '../fault.ts'
import { type Home, writeWhole } from './home.ts'

const secret = () => randomBytes(32).toString('base64url')
const port = z.number().int().min(1).max(65_535)

/** What is decided once for a state folder and then kept: internal ports and secrets. */
const Settings = z.object({
  ports: z.object({ postgres: port, kubelite: port, oidc: port, web: port, controller: port, webhook: port }).partial(),
  /** The embedded provider's address at the last start. */
  issuer: z.string().optional(),
  secrets: z.object({
    /** Of the superuser of the embedded Postgres. */
    postgres: z.string().min(20),
    /** What the platform's own processes show each other. */
    internal: z.string().min(20),
    /** Encrypts what next-auth keeps in cookies during a sign-in. */
    auth: z.string().min(20),
    /** Of the platform as a client of the embedded provider. */
    oidcClient: z.string().min(20),
  }),
})
export type Settings = z.infer<typeof Settings>

/** Reads the settings, or makes new ones. Throws one sentence when the file is damaged: new secrets would lock people out. */
export function openSettings(home: Home): Settings {
  const path = home.file('settings.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw folderFault(home.path, error)
    const fresh: Settings = {
      ports: {},
      secrets: { postgres: secret(), internal: secret(), auth: secret(), oidcClient: secret() },
    }
    saveSettings(home, fresh)
    return fresh
  }
  try {
    return Settings.parse(JSON.parse(text))
  } catch (cause) {
    throw new Fault(
      `The state folder is damaged (${path} cannot be read): restore that file from a copy, or delete the state with "npm run reset".`,
      { cause },
    )
  }
}

export function saveSettings(home: Home, settings: Settings): void {
  try {
    writeWhole(home.file('settings.json'), `${JSON.stringify(settings, null, 2)}\n`)
  } catch (error) {
    throw folderFault(home.path, error)
  }
}
