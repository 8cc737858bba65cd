import { existsSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { readEnv } from '../env.ts'
import { Fault, folderFault } from '../fault.ts'
import { homeAt } from '../home/home.ts'
import { readArguments } from './arguments.ts'
import { print } from './screen.ts'
import { stopPlatform } from './stop.ts'

/** `npm run reset`: stops the platform and deletes its state. Asks first, unless `--yes` is given. */
export async function reset(args: readonly string[]): Promise<number> {
  const { yes } = readArguments('reset', args, { yes: { type: 'boolean' } })
  const home = homeAt(readEnv().KEELSON_HOME)
  if (!existsSync(home.path)) {
    print(`There is no state to delete in ${home.path}.`)
    return 0
  }
  // A folder that is damaged may be deleted, one that was never ours may not.
  if (!existsSync(home.file('version')) && !existsSync(home.file('settings.json'))) {
    throw new Fault(`${home.path} does not look like a state folder of Keelson: delete it by hand if you mean it.`)
  }
  if (yes !== true && !(await confirm(home.path))) {
    print('Nothing was deleted.')
    return 1
  }
  await stopPlatform(home)
  try {
    rmSync(home.path, { recursive: true, force: true, maxRetries: 5 })
  } catch (error) {
    throw folderFault(home.path, error)
  }
  print(`Deleted ${home.path}.`)
  return 0
}

async function confirm(path: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    throw new Fault(
      'npm run reset deletes all state and asks first: run it in a terminal, or with "npm run reset -- --yes".',
    )
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`Delete ${path} with every run, model and log in it? Type yes: `)
    return answer.trim().toLowerCase() === 'yes'
  } finally {
    lines.close()
  }
}
