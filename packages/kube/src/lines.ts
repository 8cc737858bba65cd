import { StringDecoder } from 'node:string_decoder'

/**
 * Splits a byte stream into lines without their line ends, decoding UTF-8 across chunk borders. Of a line longer than
 * `maxLength` characters the rest is left out and a mark put in its place, so that a writer without line ends cannot fill
 * the memory. A last line without an end is handed out too.
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  maxLength = Number.POSITIVE_INFINITY,
): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of stream) {
    // `rest` has no line end: only the new text is searched, so that a long line costs no quadratic time.
    const from = rest.length
    rest += decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    let start = 0
    for (let end = rest.indexOf('\n', from); end >= 0; end = rest.indexOf('\n', start)) {
      yield cut(rest.slice(start, end), maxLength)
      start = end + 1
    }
    rest = rest.slice(start)
    // One character more than is shown: what says that something is missing.
    if (rest.length > maxLength) rest = rest.slice(0, maxLength + 1)
  }
  rest += decoder.end()
  if (rest !== '') yield cut(rest, maxLength)
}

export const cutMark = ' …[cut]'

function cut(line: string, maxLength: number): string {
  return line.length > maxLength ? line.slice(0, maxLength) + cutMark : line
}
