/** The server's side of a SPDY/3.1 connection: the client opens streams, each is a duplex. */
import { Duplex } from 'node:stream'
import {
  dataFrame,
  type Frame,
  FrameReader,
  goAwayFrame,
  headerBlock,
  parseHeaders,
  pingFrame,
  rstStreamFrame,
  SpdyError,
  synReplyFrame,
} from './spdy-frames.ts'
import { deflater, inflater } from './spdy-headers.ts'

const protocolError = 1
const refusedStream = 3
const cancel = 5
const mostStreams = 1000
/** What one stream may hold before the connection as a whole is read no further. */
const streamBufferBytes = 1024 * 1024

export type SpdyStreamHandler = (headers: ReadonlyMap<string, string>, stream: Duplex) => void

/**
 * Serves one connection until either side ends it. Ended sides of a stream are FIN on the wire, a destroyed stream is a
 * reset. Resolves when the connection is over, with every stream destroyed; what the peer did wrong ends it too.
 */
export async function serveSpdy(transport: Duplex, onStream: SpdyStreamHandler): Promise<void> {
  const connection = new SpdyConnection(transport, onStream)
  try {
    for await (const chunk of transport as AsyncIterable<Buffer>) await connection.take(chunk)
  } catch (error) {
    if (error instanceof SpdyError) transport.write(goAwayFrame(0))
  } finally {
    connection.end()
    transport.end()
  }
}

class SpdyConnection {
  readonly #transport: Duplex
  readonly #onStream: SpdyStreamHandler
  readonly #reader = new FrameReader()
  readonly #inflate = inflater()
  readonly #deflate = deflater()
  readonly #streams = new Map<number, SpdyStream>()

  constructor(transport: Duplex, onStream: SpdyStreamHandler) {
    this.#transport = transport
    this.#onStream = onStream
  }

  async take(chunk: Buffer): Promise<void> {
    for (const frame of this.#reader.read(chunk)) await this.#handle(frame)
  }

  end(): void {
    for (const stream of this.#streams.values()) stream.cut()
    this.#streams.clear()
  }

  async #handle(frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'syn_stream':
        return this.#open(frame.stream, frame.fin, frame.block)
      case 'data': {
        const stream = this.#streams.get(frame.stream)
        if (stream === undefined) return
        await stream.receive(frame.data)
        if (frame.fin) stream.receiveEnd()
        return
      }
      case 'rst_stream':
        this.#streams.get(frame.stream)?.cut()
        return
      case 'ping':
        // Odd ids are the client's own, to be sent back.
        if (frame.id % 2 === 1) this.#transport.write(pingFrame(frame.id))
        return
      case 'goaway':
      case 'other':
    }
  }

  async #open(id: number, fin: boolean, block: Buffer): Promise<void> {
    // Read in any case: the compression goes on from block to block.
    const headers = parseHeaders(await this.#inflate(block))
    if (id % 2 === 0 || this.#streams.has(id)) return void this.#transport.write(rstStreamFrame(id, protocolError))
    if (this.#streams.size >= mostStreams) return void this.#transport.write(rstStreamFrame(id, refusedStream))
    const stream = new SpdyStream(id, this.#transport, () => this.#streams.delete(id))
    this.#streams.set(id, stream)
    this.#transport.write(synReplyFrame(id, await this.#deflate(headerBlock([]))))
    if (fin) stream.receiveEnd()
    this.#onStream(headers, stream)
  }
}

class SpdyStream extends Duplex {
  readonly #id: number
  readonly #transport: Duplex
  #wanted: (() => void) | null = null
  #cut = false

  constructor(id: number, transport: Duplex, onClose: () => void) {
    super({ highWaterMark: streamBufferBytes, allowHalfOpen: true })
    this.#id = id
    this.#transport = transport
    this.on('close', onClose)
    // A reset or a lost connection is no failure of ours; whoever reads the stream sees its end.
    this.on('error', () => {})
  }

  /** Resolves when the stream takes more. */
  receive(data: Buffer): Promise<void> | void {
    if (data.length === 0 || this.destroyed || this.push(data)) return
    return new Promise((resolve) => {
      this.#wanted = resolve
    })
  }

  receiveEnd(): void {
    if (!this.destroyed) this.push(null)
  }

  /** The peer let go of it, or the connection is gone: nothing more is to be said about it. */
  cut(): void {
    this.#cut = true
    this.destroy()
  }

  override _read(): void {
    this.#wanted?.()
    this.#wanted = null
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#transport.write(dataFrame(this.#id, chunk), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#transport.write(dataFrame(this.#id, Buffer.alloc(0), true), done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#wanted?.()
    const over = this.readableEnded && this.writableFinished
    if (!this.#cut && !over && this.#transport.writable) this.#transport.write(rstStreamFrame(this.#id, cancel))
    done(error)
  }
}
