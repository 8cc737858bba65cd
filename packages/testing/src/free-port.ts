import { createServer } from 'node:net'

/** Below the range from which systems take ports for port 0 and for outgoing connections: none of those takes it before it is used. */
const lowest = 20_000
const highest = 31_998

/** A TCP port that nothing listens on at this moment. Prefer port 0 where the server can tell which one it got. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = anyPort()
    if (await isFree(port, host)) return port
  }
}

/** A free port whose two successors are free too, as the platform's three sites want it. */
export async function freePortPair(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = anyPort()
    if ((await isFree(port, host)) && (await isFree(port + 1, host)) && (await isFree(port + 2, host))) return port
  }
}

function anyPort(): number {
  return lowest + Math.floor(Math.random() * (highest - lowest))
}

/** Listens for a moment. */
function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
