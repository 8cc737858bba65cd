/**
 * Lets the kubelet join a container that runs: a Unix socket in the attempt's folder. A connection says with its first
 * byte which stream it is: `o` standard output, `e` standard error, `i` standard input, `I` standard input that is closed with
 * the connection, `s` sizes of the terminal. The rest is that stream's bytes. The shim holds the container's input, so that it
 * stays open when the kubelet restarts.
 */
import net from 'node:net'

/** Output that a joined client has not taken. The container is never held up by one that does not read. */
const mostWaiting = 4 * 1024 * 1024
const longestGoodbyeMs = 1_000

export function serveAttach(socketPath, { outputs, input, sizes }) {
  const listeners = { o: new Set(), e: new Set() }
  for (const [kind, stream] of Object.entries(outputs)) {
    stream.on('data', (chunk) => {
      for (const socket of listeners[kind]) {
        if (socket.writableLength > mostWaiting) socket.destroy()
        else socket.write(chunk)
      }
    })
  }
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    socket.once('data', (chunk) => {
      const kind = String.fromCharCode(chunk[0])
      if (listeners[kind] !== undefined) {
        listeners[kind].add(socket)
        socket.on('close', () => listeners[kind].delete(socket))
        socket.on('end', () => socket.end())
        // Answers, so that whoever joins knows from when on it sees everything.
        socket.write('+')
        return
      }
      const target = kind === 's' ? sizes : input
      if (!target || !['i', 'I', 's'].includes(kind)) return void socket.destroy()
      target.write(chunk.subarray(1))
      socket.pipe(target, { end: false })
      if (kind === 'I') socket.on('close', () => target.end())
      socket.on('end', () => socket.end())
    })
  })
  server.on('error', () => {})
  server.listen(socketPath)
  server.unref()
  return async () => {
    server.close()
    const open = [...listeners.o, ...listeners.e]
    const closed = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const socket of open) socket.end()
    await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, longestGoodbyeMs))])
  }
}
