import { expect, it } from 'vitest'
import { parseWarnings } from './warnings.ts'

it.each([
  [undefined, []],
  ['299 - "unknown field \\"spec.foo\\""', ['unknown field "spec.foo"']],
  ['299 - "one, two", 299 - "three"', ['one, two', 'three']],
  [Buffer.from('299 - "gr\u00fc\u00dfe"', 'utf8').toString('latin1'), ['gr\u00fc\u00dfe']],
  ['nonsense', []],
])('reads %j', (header, texts) => {
  expect(parseWarnings(header)).toEqual(texts)
})
