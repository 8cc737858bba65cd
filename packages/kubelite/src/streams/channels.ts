/**
 * Kubernetes' streams in one WebSocket: each message is a channel number and bytes (`channel.k8s.io` and its later
 * versions, k8s.io/streaming/pkg/httpstream/wsstream). In the base64 forms the number is a digit and the rest base64 text.
 */
import { Readable, Writable } from 'node:stream'
import type { WebSocket } from 'ws'

/** v4 says the exit status as an object; v5 adds a signal that closes a channel. Before v4 it is a text. */
export type ChannelProtocol = {
  name: string
  base64: boolean
  statusObject: boolean
  closeSignal: boolean
}

const protocol = (name: string, version: number): ChannelProtocol => ({
  name,
  base64: name.includes('base64'),
  statusObject: version >= 4,
  closeSignal: version >= 5,
})

/** What exec and attach speak, as the real server does; v2 and v3 exist over SPDY only. */
export const commandProtocols: readonly ChannelProtocol[] = [
  protocol('v5.channel.k8s.io', 5),
  protocol('v4.channel.k8s.io', 4),
  protocol('v4.base64.channel.k8s.io', 4),
  protocol('channel.k8s.io', 1),
  protocol('base64.channel.k8s.io', 1),
]

/** What port-forward speaks with channels: two for each port. */
export const portProtocols: readonly ChannelProtocol[] = [
  protocol('v4.channel.k8s.io', 4),
  protocol('v4.base64.channel.k8s.io', 4),
]

/** The first of `spoken` that the client offers; the oldest form when it offers none; null when it offers only others. */
export function chooseProtocol(spoken: readonly ChannelProtocol[], offered: readonly string[]): ChannelProtocol | null {
  if (offered.length === 0) return protocol('', 1)
  return spoken.find(({ name }) => offered.includes(name)) ?? null
}

const closeChannel = 255
const normalClosure = 1000

/** The channels of one WebSocket as streams. What arrives for a channel that nobody reads is dropped. */
export class Channels {
  readonly #socket: WebSocket
  readonly #protocol: ChannelProtocol
  readonly #readers = new Map<number, Readable>()
  readonly #full = new Set<number>()
  /** Resolves when the connection is gone, whoever ended it. */
  readonly gone: Promise<void>

  constructor(socket: WebSocket, protocol: ChannelProtocol) {
    this.#socket = socket
    this.#protocol = protocol
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    socket.on('message', (data: Buffer) => this.#take(data))
    void this.gone.then(() => {
      for (const reader of this.#readers.values()) reader.push(null)
    })
  }

  /** What the client sends on a channel; ends with the client's close signal or with the connection. */
  reader(channel: number): Readable {
    const release = () => {
      this.#full.delete(channel)
      if (this.#full.size === 0) this.#socket.resume()
    }
    const reader = new Readable({ read: release })
    reader.on('error', () => {})
    reader.on('close', release)
    this.#readers.set(channel, reader)
    return reader
  }

  /** A stream to the client. Its end is not told: the protocol has no word for it. */
  writer(channel: number): Writable {
    const writer = new Writable({
      write: (chunk: Buffer, _encoding, done) => this.#send(channel, chunk, () => done()),
    })
    writer.on('error', () => {})
    return writer
  }

  /** One whole message, also an empty one. Resolves when it is on its way or can no longer be. */
  send(channel: number, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#send(channel, bytes, resolve))
  }

  close(): void {
    this.#socket.close(normalClosure)
  }

  #send(channel: number, bytes: Uint8Array, done: () => void): void {
    const message = this.#protocol.base64
      ? `${channel}${Buffer.from(bytes).toString('base64')}`
      : Buffer.concat([Buffer.from([channel]), bytes])
    // After the end of the connection nobody misses the rest.
    this.#socket.send(message, { binary: !this.#protocol.base64 }, () => done())
  }

  #take(message: Buffer): void {
    const [first] = message
    if (first === undefined) return
    if (this.#protocol.closeSignal && first === closeChannel) {
      this.#end(message[1] ?? closeChannel)
      return
    }
    const channel = this.#protocol.base64 ? first - 48 : first
    const rest = message.subarray(1)
    const bytes = this.#protocol.base64 ? Buffer.from(rest.toString('latin1'), 'base64') : rest
    const reader = this.#readers.get(channel)
    if (reader === undefined || reader.destroyed || bytes.length === 0) return
    if (reader.push(bytes)) return
    this.#full.add(channel)
    this.#socket.pause()
  }

  #end(channel: number): void {
    this.#readers.get(channel)?.push(null)
    this.#readers.delete(channel)
  }
}
