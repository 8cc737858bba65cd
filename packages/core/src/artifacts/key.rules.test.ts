import { describe, expect, test } from 'vitest'
import { cleanRelativePath, partsOfKey } from './key.rules.ts'

describe('artifact keys', () => {
  test.each([
    '',
    '/',
    'a//b',
    '.',
    '..',
    'a/../b',
    'a\\b',
    'a\0b',
    '%2e%2e',
    'a/%2e%2e/b',
    '%252e%252e',
    'a%2fb',
    '%5c',
    'x'.repeat(256),
  ])('%j is refused', (key) => {
    expect(() => partsOfKey(key)).toThrow('Invalid path')
  })
  test.each(['a', 'a/b.txt', '100%', '100%25', 'späte notiz', '...', '..a', 'a b+c'])('%j is fine', (key) => {
    expect(partsOfKey(key).join('/')).toBe(key)
  })
  test('a folder may end in a slash', () => {
    expect([cleanRelativePath('a/'), cleanRelativePath(''), cleanRelativePath('.')]).toEqual(['a', '', ''])
  })
})
