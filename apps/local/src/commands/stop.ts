import { setTimeout as sleep } from 'node:timers/promises'
import { silentLogger } from '@keelson/process/logger'
import { readEnv } from '../env.ts'
import { Fault } from '../fault.ts'
import { type Home, homeAt } from '../home/home.ts'
import { ownerOf } from '../home/lock.ts'
import { endPods, endPostgres } from '../platform/leftovers.ts'
import { endOrphans } from '../processes/orphans.ts'
import { isRunning, signalProcess } from '../processes/process-id.ts'
import { readArguments } from './arguments.ts'
import { print, tell } from './screen.ts'

const patienceMs = 60_000
const tellEveryMs = 5_000

/** `npm run stop`: asks the supervisor, and then looks that nothing is left. Nothing running is fine too. */
export async function stop(args: readonly string[]): Promise<number> {
  readArguments('stop', args, {})
  const home = homeAt(readEnv().KEELSON_HOME)
  print((await stopPlatform(home)) ? 'Keelson has stopped.' : 'Keelson was not running.')
  return 0
}

/** True when something was running. */
export async function stopPlatform(home: Home): Promise<boolean> {
  const owner = ownerOf(home)
  if (owner !== null) {
    tell('Stopping')
    signalProcess(owner, 'SIGTERM')
    const startedAt = Date.now()
    let nextTell = tellEveryMs
    while (isRunning(owner)) {
      const elapsed = Date.now() - startedAt
      if (elapsed > patienceMs)
        throw new Fault(
          `Keelson (process ${owner.pid}) does not stop: end it with kill -9 ${owner.pid}, then run npm run stop again.`,
        )
      if (elapsed > nextTell) {
        tell('Still stopping')
        nextTell += tellEveryMs
      }
      await sleep(50)
    }
  }
  // What a supervisor that was killed left behind.
  const left = await endLeftovers(home)
  return owner !== null || left
}

async function endLeftovers(home: Home): Promise<boolean> {
  const orphans = await endOrphans(home, silentLogger)
  const pods = await endPods(home)
  const postgres = await endPostgres(home)
  return orphans > 0 || pods > 0 || postgres
}
