import { StringDecoder } from 'node:string_decoder'

/**
 * Splits a byte stream into lines without their line ends, decoding UTF-8 across chunk borders. A line longer than
 * `maxLength` characters is handed out in pieces, so that a writer without line ends cannot fill the memory.
 * A last line without an end is handed out too.
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  maxLength = Number.POSITIVE_INFINITY,
): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of stream) {
    // `rest` has no line end: only the new text is searched, so that a long line costs no quadratic time.
    let searchFrom = rest.length
    rest += decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    let start = 0
    for (let end = rest.indexOf('\n', searchFrom); end >= 0; end = rest.indexOf('\n', searchFrom)) {
      yield* pieces(rest.slice(start, end), maxLength)
      start = end + 1
      searchFrom = start
    }
    rest = rest.slice(start)
    while (rest.length > maxLength) {
      yield rest.slice(0, maxLength)
      rest = rest.slice(maxLength)
    }
  }
  rest += decoder.end()
  if (rest !== '') yield* pieces(rest, maxLength)
}

function* pieces(line: string, maxLength: number): Generator<string> {
  if (line.length <= maxLength) return yield line
  for (let at = 0; at < line.length; at += maxLength) yield line.slice(at, at + maxLength)
}
