import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeVolumeFiles } from './volume-files.ts'

const dir = mkdtempSync(join(tmpdir(), 'volume-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const files = (values: Record<string, string>) =>
  new Map(Object.entries(values).map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o644 }]))
const visible = () =>
  readdirSync(dir)
    .filter((name) => !name.startsWith('..'))
    .sort()

describe('writeVolumeFiles', () => {
  it('replaces all files by one rename, leaves equal ones alone, and clears what is gone', async () => {
    expect(await writeVolumeFiles(dir, files({ a: '1', 'deep/b': '2' }))).toBe(true)
    expect(visible()).toEqual(['a', 'deep'])
    expect(readFileSync(join(dir, 'deep/b'), 'utf8')).toBe('2')
    const first = readlinkSync(join(dir, '..data'))
    expect(await writeVolumeFiles(dir, files({ a: '1', 'deep/b': '2' }))).toBe(false)
    expect(readlinkSync(join(dir, '..data'))).toBe(first)
    expect(await writeVolumeFiles(dir, files({ a: '3', c: '4' }))).toBe(true)
    expect(visible()).toEqual(['a', 'c'])
    expect(readFileSync(join(dir, 'a'), 'utf8')).toBe('3')
    expect(readdirSync(dir).filter((name) => name.startsWith('..2')).length).toBe(1)
  })
})
