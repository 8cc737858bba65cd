import { createServer } from 'node:net'

/** A TCP port that nothing listens on at this moment. Prefer port 0 where the server can tell which one it got. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const port = await tryPort(0, host)
  if (port === null) throw new Error('no port')
  return port
}

/**
 * A free port whose successor is free too, as the platform's front wants it. It lies below the range from which the system
 * takes ports for port 0 and for outgoing connections, so that none of those takes it before it is used.
 */
export async function freePortPair(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = 20_000 + 2 * Math.floor(Math.random() * 6_000)
    if ((await tryPort(port, host)) !== null && (await tryPort(port + 1, host)) !== null) return port
  }
}

/** Listens for a moment; the port, or null where it is taken. */
function tryPort(port: number, host: string): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(port, host, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null))
    })
  })
}
