/** Joins its standard streams with a TCP connection of the network that it is started in: `node relay.mjs HOST PORT`. */
import net from 'node:net'

const [, , host, port] = process.argv
const socket = net.connect({ host, port: Number(port), allowHalfOpen: true })
// One line on the third stream says whether there is a connection; the others carry nothing but its bytes.
socket.once('connect', () => {
  process.stderr.write('connected\n')
  process.stdin.pipe(socket)
  socket.pipe(process.stdout)
})
socket.once('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
