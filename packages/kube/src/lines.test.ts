import { describe, expect, it } from 'vitest'
import { readLines } from './lines.ts'

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

  it('cuts an endless line in pieces and loses nothing', async () => {
    const lines = await linesOf(['x'.repeat(25), 'y'.repeat(5), '\nz\n'], 10)
    expect(lines.join('')).toBe(`${'x'.repeat(25)}${'y'.repeat(5)}z`)
    expect(Math.max(...lines.map((line) => line.length))).toBe(10)
  })
})
