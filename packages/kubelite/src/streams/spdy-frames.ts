/**
 * Frames of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00), as much as `portforward.k8s.io` needs: streams opened by the client,
 * data, resets, pings. Settings, header updates and flow control are read over: the client's library
 * (github.com/moby/spdystream) uses none of them.
 */

export type Frame =
  | { type: 'syn_stream'; stream: number; fin: boolean; block: Buffer }
  | { type: 'data'; stream: number; fin: boolean; data: Buffer }
  | { type: 'rst_stream'; stream: number }
  | { type: 'ping'; id: number }
  | { type: 'goaway' }
  | { type: 'other' }

/** A peer that does not speak SPDY/3; the connection cannot go on. */
export class SpdyError extends Error {}

const version = 3
const headBytes = 8
const synStream = 1
const synReply = 2
const rstStream = 3
const ping = 6
const goAway = 7
const fin = 0x01
/** The length field has 24 bits; nobody sends frames of that size, and each is held in memory. */
const longestFrame = 4 * 2 ** 20

/** Cuts a byte stream into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  /** The whole frames that `chunk` completes. Throws {@link SpdyError}. */
  read(chunk: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const frames: Frame[] = []
    while (this.#rest.length >= headBytes) {
      const length = this.#rest.readUIntBE(5, 3)
      if (length > longestFrame) throw new SpdyError(`a frame of ${length} bytes`)
      if (this.#rest.length < headBytes + length) break
      frames.push(frameOf(this.#rest.subarray(0, headBytes), this.#rest.subarray(headBytes, headBytes + length)))
      this.#rest = this.#rest.subarray(headBytes + length)
    }
    return frames
  }
}

function frameOf(head: Buffer, payload: Buffer): Frame {
  const isFin = (head.readUInt8(4) & fin) !== 0
  const first = head.readUInt32BE(0)
  if (first < 0x80000000) return { type: 'data', stream: first, fin: isFin, data: payload }
  if (((first >>> 16) & 0x7fff) !== version) throw new SpdyError(`version ${(first >>> 16) & 0x7fff} of SPDY`)
  const kind = first & 0xffff
  const least = { [synStream]: 10, [rstStream]: 8, [ping]: 4 }[kind] ?? 0
  if (payload.length < least) throw new SpdyError(`a frame of type ${kind} with ${payload.length} bytes`)
  if (kind === synStream) return { type: 'syn_stream', stream: idOf(payload), fin: isFin, block: payload.subarray(10) }
  if (kind === rstStream) return { type: 'rst_stream', stream: idOf(payload) }
  if (kind === ping) return { type: 'ping', id: payload.readUInt32BE(0) }
  return kind === goAway ? { type: 'goaway' } : { type: 'other' }
}

const idOf = (payload: Buffer): number => payload.readUInt32BE(0) & 0x7fffffff

function control(kind: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(0x80000000 + version * 0x10000 + kind, 0)
  head.writeUInt32BE(flags * 0x1000000 + payload.length, 4)
  return Buffer.concat([head, payload])
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4)
  return bytes
}

export function dataFrame(stream: number, data: Uint8Array, last = false): Buffer {
  const head = numbers(stream, (last ? fin : 0) * 0x1000000 + data.length)
  return Buffer.concat([head, data])
}

export const synReplyFrame = (stream: number, block: Buffer): Buffer =>
  control(synReply, 0, Buffer.concat([numbers(stream), block]))

export const synStreamFrame = (stream: number, block: Buffer): Buffer =>
  control(synStream, 0, Buffer.concat([numbers(stream, 0), Buffer.alloc(2), block]))

/** `status` 1 is PROTOCOL_ERROR, 3 REFUSED_STREAM, 5 CANCEL. */
export const rstStreamFrame = (stream: number, status: number): Buffer => control(rstStream, 0, numbers(stream, status))
export const pingFrame = (id: number): Buffer => control(ping, 0, numbers(id))
export const goAwayFrame = (lastStream: number): Buffer => control(goAway, 0, numbers(lastStream, 0))

/** Name-value pairs of a header block after decompression; names are lower case on the wire. */
export function parseHeaders(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  let at = 0
  const next = (): Buffer => {
    if (at + 4 > block.length) throw new SpdyError('a header block that ends early')
    const length = block.readUInt32BE(at)
    at += 4 + length
    if (at > block.length) throw new SpdyError('a header block that ends early')
    return block.subarray(at - length, at)
  }
  if (block.length < 4) throw new SpdyError('a header block that ends early')
  const count = block.readUInt32BE(0)
  at = 4
  for (let index = 0; index < count; index += 1) {
    const name = next().toString('latin1').toLowerCase()
    headers.set(name, next().toString('latin1'))
  }
  return headers
}

export function headerBlock(headers: Iterable<readonly [string, string]>): Buffer {
  const parts = [...headers].flatMap(([name, value]) => [text(name.toLowerCase()), text(value)])
  return Buffer.concat([numbers(parts.length / 2), ...parts])
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([numbers(bytes.length), bytes])
}
