import type { Server, Socket } from 'node:net'

/**
 * Keeps the connections of a server, to be called before it listens; gives the way to close them all. `closeAllConnections` of
 * node:https knows those alone whose handshake is done: one in the middle of it would hold a server that stops for the two minutes that a
 * handshake may take.
 */
export function trackConnections(server: Server): () => void {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return () => {
    for (const socket of open) socket.destroy()
  }
}
