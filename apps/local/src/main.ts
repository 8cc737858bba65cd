/**
 * The launcher's commands, in the Node that runs TypeScript. Started by tooling/bootstrap, which has installed and built
 * what was missing.
 */
import { AppError } from '@keelson/process/app-error'
import { EnvError } from '@keelson/process/env'
import { demo } from './commands/demo.ts'
import { reset } from './commands/reset.ts'
import { start, superviseDetached } from './commands/start.ts'
import { status } from './commands/status.ts'
import { stop } from './commands/stop.ts'
import { token } from './commands/token.ts'
import { Fault } from './fault.ts'

const commands: Record<string, (args: readonly string[]) => Promise<number>> = {
  start,
  stop,
  status,
  reset,
  demo,
  token,
  supervise: superviseDetached,
}

const [name = '', ...args] = process.argv.slice(2)
try {
  const command = commands[name]
  if (command === undefined) throw new Fault(`There is no command "${name}".`)
  process.exit(await command(args))
} catch (error) {
  const isForPeople = error instanceof Fault || error instanceof AppError || error instanceof EnvError
  process.stderr.write(`${error instanceof Error ? (isForPeople ? error.message : error.stack) : String(error)}\n`)
  process.exit(1)
}
