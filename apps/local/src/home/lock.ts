import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Fault, folderFault } from '../fault.ts'
import { identify, isRunning, ProcessId } from '../processes/process-id.ts'
import type { Home } from './home.ts'

/** The supervisor that owns the folder, or null. */
export function ownerOf(home: Home): ProcessId | null {
  return runningIn(home.file('run', 'owner.json'))
}

function runningIn(file: string): ProcessId | null {
  try {
    const owner = ProcessId.parse(JSON.parse(readFileSync(file, 'utf8')))
    return isRunning(owner) ? owner : null
  } catch {
    return null
  }
}

/** Makes this process the one that owns the folder; returns what gives it up. */
export function lockHome(home: Home): () => void {
  const release = tryLock(home, 'owner')
  if (release !== null) return release
  throw alreadyRunning(home, ownerOf(home))
}

/**
 * Takes one of the folder's locks (`run/<name>.json`) and returns what gives it up; null when a process that runs has it.
 * A lock whose owner is gone is taken over. `link` is what makes it exclusive: it fails where the name exists.
 */
export function tryLock(home: Home, name: string): (() => void) | null {
  const lock = home.file('run', `${name}.json`)
  const mine = home.file('run', `${name}.${process.pid}.new`)
  try {
    writeFileSync(mine, JSON.stringify(identify(process.pid)), { mode: 0o600 })
    for (;;) {
      try {
        linkSync(mine, lock)
        return () => {
          if (runningIn(lock)?.pid === process.pid) rmSync(lock, { force: true })
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      if (runningIn(lock) !== null) return null
      takeAway(lock, home.file('run', `${name}.${process.pid}.old`))
    }
  } catch (error) {
    throw error instanceof Fault ? error : folderFault(home.path, error)
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Moves a dead owner's lock aside; when another starter had just taken it over, gives it back. */
function takeAway(lock: string, aside: string): void {
  try {
    renameSync(lock, aside)
  } catch {
    return
  }
  try {
    if (runningIn(aside) !== null) linkSync(aside, lock)
  } finally {
    rmSync(aside, { force: true })
  }
}

function alreadyRunning(home: Home, owner: ProcessId | null): Fault {
  const who = owner === null ? '' : ` (process ${owner.pid})`
  return new Fault(
    `Keelson is already running in ${home.path}${who}: open it ("npm run status" tells where), stop it with "npm run stop", or set KEELSON_HOME and KEELSON_PORT for a second one.`,
  )
}
