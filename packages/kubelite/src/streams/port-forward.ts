/** Port forwarding over an open WebSocket, in both forms that the real server speaks. */
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, type WebSocket } from 'ws'
import { type ChannelProtocol, Channels } from './channels.ts'
import { serveSpdy } from './spdy-connection.ts'

/** `kubectl port-forward` from 1.30: SPDY/3.1 in binary messages, any number of connections. */
export const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io'

/** Opens a connection to a port of the pod. Its failure's message is for the person who forwards. */
export type Dial = (port: number) => Promise<Duplex>

const longestWaitMs = 30_000

/** Serves SPDY streams until the connection ends: of each pair with one `requestid`, one carries data and one the error. */
export async function forwardTunnel(webSocket: WebSocket, dial: Dial): Promise<void> {
  const waiting = new Map<string, { error?: Duplex; data?: Duplex; timer: NodeJS.Timeout }>()
  await serveSpdy(createWebSocketStream(webSocket), (headers, stream) => {
    const id = headers.get('requestid') ?? ''
    const port = Number(headers.get('port'))
    const kind = headers.get('streamtype')
    if ((kind !== 'data' && kind !== 'error') || !isPort(port)) return void stream.destroy()
    const pair = waiting.get(id) ?? { timer: setTimeout(() => drop(id), longestWaitMs) }
    waiting.set(id, pair)
    pair[kind]?.destroy()
    pair[kind] = stream
    if (pair.data === undefined || pair.error === undefined) return
    clearTimeout(pair.timer)
    waiting.delete(id)
    void forwardPair(pair.data, pair.error, port, dial)
  })
  for (const { timer } of waiting.values()) clearTimeout(timer)

  function drop(id: string): void {
    const pair = waiting.get(id)
    waiting.delete(id)
    pair?.error?.destroy()
    pair?.data?.destroy()
  }
}

async function forwardPair(data: Duplex, error: Duplex, port: number, dial: Dial): Promise<void> {
  error.resume()
  const failure = await forward(data, port, dial)
  // kubectl reads the error stream to its end: without a text in it, all went well.
  error.end(failure ?? undefined)
}

/** Forwards the ports that the request names, each on two channels; ends the connection when all of them have ended. */
export async function forwardChannels(
  webSocket: WebSocket,
  protocol: ChannelProtocol,
  ports: readonly number[],
  dial: Dial,
): Promise<void> {
  const channels = new Channels(webSocket, protocol)
  const forwards = ports.map(async (port, index) => {
    const [data, error] = [index * 2, index * 2 + 1]
    const reader = channels.reader(data)
    const number = Buffer.from([port & 0xff, port >> 8])
    await channels.send(data, number)
    await channels.send(error, number)
    const failure = await dial(port).then(
      async (socket) => {
        reader.pipe(socket)
        socket.pipe(channels.writer(data), { end: false })
        await Promise.race([ended(socket), channels.gone])
        socket.destroy()
        return null
      },
      (reason: unknown) => textOf(reason),
    )
    if (failure !== null) await channels.send(error, Buffer.from(failure))
  })
  await Promise.all(forwards)
  channels.close()
}

/** Joins a stream and a port; null when that went well, else what went wrong. */
async function forward(stream: Duplex, port: number, dial: Dial): Promise<string | null> {
  let socket: Duplex
  try {
    socket = await dial(port)
  } catch (reason) {
    stream.resume()
    stream.end()
    return textOf(reason)
  }
  stream.pipe(socket)
  socket.pipe(stream)
  stream.once('close', () => socket.destroy())
  await ended(socket)
  return null
}

/** Resolves when nothing more comes from the socket, whatever the reason. */
function ended(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) socket.once(event, () => resolve())
  })
}

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65535

const textOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason))

/** A TCP connection whose halves close one by one. */
export function dialTcp(host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.on('error', () => socket.destroy())
      resolve(socket)
    })
  })
}
