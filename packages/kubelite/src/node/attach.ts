import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NotRunning, type ProcessStreams } from '../client.ts'
import type { Attempt } from './attempt.ts'
import { sizeLine } from './terminal.ts'

/** The name of the shim's socket in an attempt's folder; `shim-attach.mjs` says what is spoken there. */
export const attachSocket = 'attach'

/** Joins a running container: what it writes from now on, and its input where the container asks for one. */
export async function attachContainer(
  attempt: Attempt,
  options: { stdin: boolean; stdinOnce: boolean },
): Promise<ProcessStreams> {
  const { spec } = attempt
  const path = await shortPath(attempt.dir)
  const sockets: Socket[] = []
  const open = async (kind: string) => {
    const socket = await dial(join(path.folder, attachSocket), kind)
    sockets.push(socket)
    return socket
  }
  try {
    const stdout = await open('o')
    const stderr = spec.tty ? null : await open('e')
    await Promise.all([stdout, ...(stderr ? [stderr] : [])].map(acknowledged))
    const stdin = options.stdin && spec.stdin ? await open(options.stdinOnce ? 'I' : 'i') : null
    const sizes = spec.tty ? await open('s') : null
    const hangUp = () => {
      for (const socket of sockets) socket.destroy()
    }
    // An input that stays open for the next one ends only this visit.
    if (stdin !== null && !options.stdinOnce) stdin.once('finish', hangUp)
    const ended = new Promise<number>((resolve) => stdout.once('close', () => resolve(0)))
    return { stdin, stdout, stderr, resize: (size) => sizes?.write(sizeLine(size)), ended, hangUp }
  } catch (error) {
    for (const socket of sockets) socket.destroy()
    throw error
  } finally {
    await path.remove()
  }
}

function dial(path: string, kind: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path })
    // No socket: the container has ended, or an earlier release started it.
    socket.once('error', () => reject(new NotRunning()))
    socket.once('connect', () => {
      socket.on('error', () => socket.destroy())
      socket.write(kind)
      resolve(socket)
    })
  })
}

/** The shim's one byte that says that nothing is missed from here on. */
function acknowledged(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new NotRunning()))
    socket.once('data', (chunk: Buffer) => {
      socket.pause()
      if (chunk.length > 1) socket.unshift(chunk.subarray(1))
      resolve()
    })
  })
}

/** The address of a Unix socket holds some 100 bytes: a folder with a longer name is reached through a link. */
const longestAddress = 100

async function shortPath(folder: string): Promise<{ folder: string; remove(): Promise<void> }> {
  if (Buffer.byteLength(join(folder, attachSocket)) <= longestAddress) return { folder, remove: async () => {} }
  const holder = await mkdtemp(join(tmpdir(), 'keelson-'))
  const link = join(holder, randomBytes(2).toString('hex'))
  await symlink(folder, link)
  return { folder: link, remove: () => rm(holder, { recursive: true, force: true }) }
}
