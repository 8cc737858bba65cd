import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { chownSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Postgres refuses to run as root, so root starts it as `nobody`. Where a folder on the way to its files is closed to
 * others (a checkout under a private home), `setpriv` leaves it the one capability to read past that.
 */
const nobody = 65534

export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** Gives a path to the user that Postgres will run as. */
export function handOver(path: string): void {
  if (isRoot()) chownSync(path, nobody, nobody)
}

/** Starts a program as the user that Postgres runs as; `paths` are what it has to reach. */
export function spawnUnprivileged(
  command: string,
  args: readonly string[],
  paths: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  if (!isRoot()) return spawn(command, args, options)
  if (paths.every(isOpenToOthers)) return spawn(command, args, { ...options, uid: nobody, gid: nobody })
  if (spawnSync('setpriv', ['--version']).status !== 0) {
    const closed = paths.find((path) => !isOpenToOthers(path))
    throw new Error(
      `Postgres cannot run as root and others cannot reach ${closed}: set KEELSON_HOME to a folder that every user may enter, or start as an ordinary user.`,
    )
  }
  const keep = [
    '--bounding-set=-all,+dac_read_search',
    '--inh-caps=-all,+dac_read_search',
    '--ambient-caps=+dac_read_search',
  ]
  // Without this bit access(2), by which initdb looks for postgres, would not count the capability of a user who is not root.
  const drop = ['--securebits=+no_setuid_fixup', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', ...keep]
  return spawn('setpriv', [...drop, '--', command, ...args], options)
}

/** True when every folder above the path may be entered by anyone. */
function isOpenToOthers(path: string): boolean {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
