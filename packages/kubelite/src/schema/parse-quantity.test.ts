import { describe, expect, it } from 'vitest'
import { parseQuantity } from './parse-quantity.ts'

describe('parseQuantity', () => {
  it.each([
    ['500m', 0.5],
    ['1', 1],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['1Ki', 1024],
    ['512Mi', 536870912],
    ['1G', 1e9],
    ['1e3', 1000],
    ['2E3', 2000],
    ['100u', 1e-4],
    [4, 4],
    [undefined, 0],
    ['-1', -1],
  ])('%s → %s', (text, value) => expect(parseQuantity(text as string)).toBeCloseTo(value as number, 10))

  it.each(['', 'abc', '1X', '1 Gi', '1..2', 'Mi'])('%j is none', (text) => expect(parseQuantity(text)).toBeNaN())
})
