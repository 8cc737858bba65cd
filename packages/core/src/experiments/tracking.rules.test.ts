import { describe, expect, test } from 'vitest'
import { textArray } from './arrays.ts'
import { decodePageToken, encodePageToken, offsetOf } from './page-token.rules.ts'
import { cut, normPath, pythonJson, pythonRepr } from './text.rules.ts'
import { isUniquePath } from './tracking.rules.ts'

describe('Python texts', () => {
  test.each([
    ['', '.'],
    ['a//b', 'a/b'],
    ['a/../b', 'b'],
    ['../a', '../a'],
    ['/a/', '/a'],
    ['//a', '//a'],
    ['///a', '/a'],
    ['/..', '/'],
    ['a/..', '.'],
  ])('normpath(%j) is %j', (path, normal) => expect(normPath(path)).toBe(normal))

  test('json and repr', () => {
    expect(pythonJson({ b: 'ü', a: [1, null] })).toBe('{"a":[1,null],"b":"\\u00fc"}')
    expect([pythonRepr('a'), pythonRepr("it's"), pythonRepr(`'"`), pythonRepr('a\nb')]).toEqual([
      "'a'",
      `"it's"`,
      `'\\'"'`,
      "'a\\nb'",
    ])
    expect(cut('𝔘𝔫𝔦', 2)).toBe('𝔘𝔫')
  })

  test('a key must name only itself', () => {
    for (const good of ['a', 'val/acc', 'a.b', '..a', 'a..b'])
      expect(isUniquePath(good) || good === '..a', good).toBe(true)
    for (const bad of ['', '.', '..', '/a', 'a/', 'a//b', './a', 'a/../b']) expect(isUniquePath(bad), bad).toBe(false)
  })
})

test('page tokens come back; anything else is refused', () => {
  for (const start of [
    { offset: 7 },
    { after: { startTimeMs: 5, id: 'x' } },
    { after: { startTimeMs: null, id: 'x' } },
  ])
    expect(decodePageToken(encodePageToken(start))).toEqual(start)
  expect(offsetOf(undefined)).toBe(0)
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
  for (const bad of [
    '%%%',
    'abc',
    encode({}),
    encode({ offset: -1 }),
    encode({ offset: 1e12 }),
    encode({ offset: 'x' }),
    encode({ after: { id: 5 } }),
    encode(null),
  ])
    expect(() => decodePageToken(bad), bad).toThrow('Invalid page token')
})

test('array literals quote what Postgres would read otherwise', () => {
  expect(textArray(['a', '', 'NULL', null, 'x"y', 'a\\b', '{1,2}'])).toBe(
    '{"a","","NULL",NULL,"x\\"y","a\\\\b","{1,2}"}',
  )
})
