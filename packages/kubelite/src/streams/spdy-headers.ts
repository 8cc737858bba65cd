/** Compression of SPDY/3 header blocks: one zlib stream per direction and connection, with the dictionary of section 2.6.10.1. */
import { constants, createDeflate, createInflate } from 'node:zlib'
import { SpdyError } from './spdy-frames.ts'

const names =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow ' +
  'authorization cache-control connection content-base content-encoding content-language content-length ' +
  'content-location content-md5 content-range content-type date etag expect expires from host if-match ' +
  'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma ' +
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade ' +
  'user-agent vary via warning www-authenticate method get status|200 OK|version|HTTP/1.1|url|public|set-cookie|' +
  'keep-alive|origin'

const others =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden' +
  '404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT' +
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,' +
  'publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.'

/** The dictionary's words each have their length in front (32 bits); its second part is plain text. */
export const dictionary: Buffer = Buffer.concat([
  ...names
    .split('|')
    .flatMap((part, index) => (index === 0 ? part.split(' ') : [part]))
    .flatMap((word) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(word.length)
      return [length, Buffer.from(word)]
    }),
  Buffer.from(others),
])

/** More than any header block of a stream holds; what inflates beyond it is an attack. */
const longestBlock = 64 * 1024

/** Turns one block after the other into its other form; blocks must be given in the order of the wire. */
export type Codec = (block: Buffer) => Promise<Buffer>

export function inflater(): Codec {
  return codec(createInflate({ dictionary }), longestBlock)
}

export function deflater(): Codec {
  return codec(createDeflate({ dictionary }), Number.POSITIVE_INFINITY)
}

function codec(zlib: ReturnType<typeof createInflate | typeof createDeflate>, limit: number): Codec {
  let failure: Error | null = null
  let size = 0
  let parts: Buffer[] = []
  let settle: (() => void) | null = null
  zlib.on('error', (error) => {
    failure = new SpdyError(`header block: ${error.message}`)
    settle?.()
  })
  zlib.on('data', (part: Buffer) => {
    size += part.length
    if (size > limit) zlib.destroy(new Error('too long'))
    parts.push(part)
  })
  return async (block) => {
    size = 0
    parts = []
    await new Promise<void>((resolve) => {
      settle = resolve
      if (failure !== null) return resolve()
      zlib.write(block)
      zlib.flush(constants.Z_SYNC_FLUSH, () => resolve())
    })
    if (failure !== null) throw failure
    return Buffer.concat(parts)
  }
}
