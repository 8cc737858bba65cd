import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, constants, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The two ends of a pipe: ours, and the file descriptor to give to a process (and to close then). */
export type Pipe = { ours: Socket; givenFd: number }

/**
 * Named pipes, because Node's own are sockets, and a program that opens /dev/stdout again cannot open a socket. Their
 * names are gone when this returns. `in` is written by us, `out` is read.
 */
export async function openPipes(dir: string, directions: readonly ('in' | 'out')[]): Promise<Pipe[]> {
  const files = directions.map((direction) => join(dir, `.${direction}-${randomBytes(6).toString('hex')}`))
  await run('mkfifo', ['-m', '600', ...files])
  try {
    return directions.map((direction, index) => (direction === 'in' ? inputPipe : outputPipe)(files[index] ?? ''))
  } finally {
    await Promise.all(files.map((file) => rm(file, { force: true })))
  }
}

/** Opening our end must not wait for the other; the process's end is an ordinary one, that waits. */
function outputPipe(file: string): Pipe {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  const givenFd = openSync(file, constants.O_WRONLY)
  return { ours: new Socket({ fd, readable: true, writable: false }), givenFd }
}

function inputPipe(file: string): Pipe {
  const fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK)
  const givenFd = openSync(file, constants.O_RDONLY)
  const writing = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK)
  closeSync(fd)
  return { ours: new Socket({ fd: writing, readable: false, writable: true }), givenFd }
}
