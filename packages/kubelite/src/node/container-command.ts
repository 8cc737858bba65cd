import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt } from './attempt.ts'
import { enteredFile, enterWords, type MountMode } from './mounts.ts'

const lookEveryMs = 10
const longestWaitMs = 10_000

/**
 * A POSIX shell script that runs its arguments in the container's working directory. Where a mount hides that path, the main
 * process's own directory is the same one. `$1` is the path, `$2` that process.
 */
const script = (failureFd: number): string =>
  [
    'cd -P -- "$1" 2>/dev/null || cd "/proc/$2/cwd" 2>/dev/null || cd /',
    'shift 2',
    'if ! command -v -- "$1" >/dev/null 2>&1; then',
    `  printf '%s' "exec: \\"$1\\": executable file not found in \\$PATH" >&${failureFd}`,
    '  exit 127',
    'fi',
    failureFd > 2 ? `exec "$@" ${failureFd}>&-` : 'exec "$@"',
  ].join('\n')

/** A process that is in the container's namespaces: with a terminal, what we start is outside, and its child within. */
export function insidePid({ spec, started }: Attempt): number | undefined {
  const pid = started?.child.pid
  if (pid === undefined || !spec.tty) return pid
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]) || pid
  } catch {
    return pid
  }
}

/**
 * The words that run a command beside a container's main process, in its view of the file system; null when it does not
 * run or there is no command. A program that is not there is said on `failureFd`. The caller gives the container's
 * variables: with its mark among them, the command ends with the container.
 */
export async function commandWords(
  mode: MountMode,
  attempt: Attempt,
  command: readonly string[],
  failureFd = 2,
): Promise<string[] | null> {
  if (attempt.started === null || command.length === 0) return null
  if (attempt.spec.workDir !== undefined) await untilEntered(attempt)
  const pid = insidePid(attempt)
  if (pid === undefined) return null
  const workDir = attempt.spec.workDir ?? `${attempt.dir}/work`
  const words = ['/bin/sh', '-c', script(failureFd), 'sh', workDir, String(pid), ...command]
  return attempt.spec.namespaced ? [...enterWords(mode, pid, attempt.spec.networked), ...words] : words
}

/** A container counts as running a moment before its mounts are made; whoever entered then would find the machine's files. */
async function untilEntered(attempt: Attempt): Promise<void> {
  const [entered, ended] = [enteredFile, 'exit.json'].map((name) => join(attempt.dir, name))
  for (let waitedMs = 0; waitedMs < longestWaitMs; waitedMs += lookEveryMs) {
    if (existsSync(entered ?? '') || existsSync(ended ?? '')) return
    await sleep(lookEveryMs)
  }
}
