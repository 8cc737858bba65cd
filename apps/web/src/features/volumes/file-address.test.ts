import { describe, expect, it } from 'vitest'
import { type FileEntry, filesAddress, joinPath, nameFault, parentOf, previewOf, stepsOf } from './file-address.ts'

const file = (name: string, more: Partial<FileEntry> = {}): FileEntry => ({
  name,
  kind: 'file',
  sizeBytes: 10,
  modifiedAt: '2026-01-01T00:00:00Z',
  target: null,
  ...more,
})

describe('addresses of files', () => {
  it('keep every name apart from the address itself', () => {
    const address = filesAddress({ workspace: 'team', name: 'data' }, 'file', { path: 'a b/ü&x=1#.txt' })
    expect(address).toBe('/workspaces/team/volumes/data/files/file?path=a+b%2F%C3%BC%26x%3D1%23.txt')
    expect(new URL(address, 'http://h').searchParams.get('path')).toBe('a b/ü&x=1#.txt')
  })

  it('go up and down', () => {
    expect([joinPath('', 'a'), joinPath('a', 'b'), parentOf('a/b/c'), parentOf('a')]).toEqual(['a', 'a/b', 'a/b', ''])
    expect(stepsOf('a/b')).toEqual([
      { name: 'a', path: 'a' },
      { name: 'b', path: 'a/b' },
    ])
    expect(stepsOf('')).toEqual([])
  })

  it.each([
    [file('plot.PNG'), 'picture'],
    [file('huge.png', { sizeBytes: 1e9 }), null],
    [file('drawing.svg'), 'text'],
    [file('train.py'), 'text'],
    [file('README'), 'text'],
    [file('model.bin'), null],
    [file('notes.txt', { kind: 'link' }), null],
  ])('%j is shown as %s', (entry, shown) => {
    expect(previewOf(entry)).toBe(shown)
  })

  it.each([
    ['', false],
    ['a/b', false],
    ['..', false],
    ['x'.repeat(256), false],
    ['a b.txt', true],
  ])('the name %j is good: %s', (name, isGood) => {
    expect(nameFault(name) === null).toBe(isGood)
  })
})
