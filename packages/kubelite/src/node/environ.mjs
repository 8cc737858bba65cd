/**
 * The environment of other processes (Linux). Plain JavaScript with Node's own modules only: the shim of a container
 * reads it too, and has to start at once.
 */
import fs from 'node:fs'

/** A process that is replacing its program has no environment to read for a moment; then another look is due. */
const mostLooks = 100
const lookEveryMs = 1
/** So often in a row a program must show that its environment is empty: an exec passes through that state too. */
const emptyLooks = 4
const kernelThreadFlag = 0x200000
const sleeper = new Int32Array(new SharedArrayBuffer(4))

/**
 * `NAME=value` pairs, each ended by a NUL, as the process was started with them; null when there is no such process, when
 * it is another user's, or when it has none (kernel threads, zombies). Blocks for a millisecond or two where the process
 * is in the middle of an exec, so that nobody is missed there.
 * @param {number | string} pid
 * @returns {string | null}
 */
export function readEnvironment(pid) {
  for (let look = 0, empty = 0; look < mostLooks && empty < emptyLooks; look += 1) {
    const text = read(`/proc/${pid}/environ`)
    if (text !== '') return text
    const bounds = environmentBounds(read(`/proc/${pid}/stat`))
    if (bounds === null) return null
    empty = bounds.end !== '0' && bounds.start === bounds.end ? empty + 1 : 0
    Atomics.wait(sleeper, 0, 0, lookEveryMs)
  }
  return null
}

/**
 * Where a program's environment lies in its memory, "0" while an exec has not set it; null for what has none and gets none.
 * Fields as in proc_pid_stat(5): 3 state, 9 flags, 50 env_start, 51 env_end.
 * @param {string | null} stat
 */
function environmentBounds(stat) {
  if (stat === null) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, flags, start, end] = [fields[0], Number(fields[6]), fields[47], fields[48]]
  return state === 'Z' || state === 'X' || (flags & kernelThreadFlag) !== 0 ? null : { start, end }
}

/** @param {string} file */
function read(file) {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch {
    return null
  }
}
