import { describe, expect, it } from 'vitest'
import { cutMark, readLines } from './lines.ts'

async function linesOf(chunks: (string | Uint8Array)[], maxLength?: number): Promise<string[]> {
  async function* stream() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  }
  const lines: string[] = []
  for await (const line of readLines(stream(), maxLength)) lines.push(line)
  return lines
}

describe('readLines', () => {
  it('joins what chunk borders cut', async () => {
    expect(await linesOf(['a\nb', 'c\n\nd', '\n'])).toEqual(['a', 'bc', '', 'd'])
  })

  it('gives the last line without its end', async () => expect(await linesOf(['a\nb'])).toEqual(['a', 'b']))

  it('decodes letters that are cut in the middle of their bytes', async () => {
    const bytes = Buffer.from('grüße\n')
    expect(await linesOf([bytes.subarray(0, 3), bytes.subarray(3)])).toEqual(['grüße'])
  })

  it('leaves out the rest of an endless line and goes on after it', async () => {
    const endless = ['x'.repeat(25), 'y'.repeat(5), '\nz\n', 'x'.repeat(10), '\n', 'x'.repeat(11)]
    const shown = 'x'.repeat(10)
    expect(await linesOf(endless, 10)).toEqual([shown + cutMark, 'z', shown, shown + cutMark])
  })
})
