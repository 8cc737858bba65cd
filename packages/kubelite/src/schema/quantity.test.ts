import { expect, test } from 'vitest'
import { canonicalQuantity } from './quantity.ts'

test.each([
  ['0.5', '500m'],
  ['1000m', '1'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['512', '512'],
  [2, '2'],
  [0.25, '250m'],
  ['100Ki', '100Ki'],
  ['512Mi', '512Mi'],
  ['2000', '2k'],
  ['0', '0'],
  ['-1', '-1'],
  ['0.0000000001', '1n'],
  ['1e3', '1e3'],
  ['12E4', '120e3'],
  ['1500e0', '1500'],
  ['5e-1', '500e-3'],
  ['1E', '1E'],
  ['-1.5Gi', '-1536Mi'],
  ['.5', '500m'],
  ['lots', null],
  ['1Xi', null],
])('%s is %s', (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical)
})
