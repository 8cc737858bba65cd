import { createServer } from 'node:net'
import { Fault } from '../fault.ts'

/** True when nothing listens on that port of the loopback addresses, nor of `others`. */
export async function isFree(port: number, others: readonly string[] = []): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1', ...others]) {
    if (!(await canListen(port, host))) return false
  }
  return true
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    // Only "taken" counts: a machine without IPv6 says something else.
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'EADDRINUSE' && error.code !== 'EACCES'),
    )
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** The front port and the one after it must be free: people and their clients know them by number. */
export async function requireFrontPorts(front: number, others: readonly string[] = []): Promise<void> {
  for (const port of [front, front + 1, front + 2]) {
    if (await isFree(port, port === front ? others : [])) continue
    throw new Fault(
      `Port ${port} is taken by another program (Keelson uses ${front} to ${front + 2}): stop that program, or choose another port with KEELSON_PORT=${front + 100} npm start.`,
    )
  }
}

/** An internal port: the one remembered while it is free, else any. */
export async function pickPort(remembered: number | undefined, avoid: readonly number[]): Promise<number> {
  if (remembered !== undefined && !avoid.includes(remembered) && (await isFree(remembered))) return remembered
  for (;;) {
    const port = await anyPort()
    if (!avoid.includes(port) && (await isFree(port))) return port
  }
}

function anyPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
