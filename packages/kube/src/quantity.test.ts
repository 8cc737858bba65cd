import { expect, it } from 'vitest'
import { quantityOf } from './quantity.ts'

it.each([
  ['0', 0],
  ['500m', 0.5],
  ['2', 2],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['128Mi', 2 ** 27],
  ['1k', 1000],
  ['2E', 2e18],
  ['1e3', 1000],
  ['1E-2', 0.01],
  ['.5', 0.5],
  [7, 7],
])('%s is %d', (text, value) => expect(quantityOf(text)).toBe(value))

it.each(['', 'x', '1Kb', '1 Gi', '--1', 'Gi'])('%s is no quantity', (text) => expect(quantityOf(text)).toBeNaN())
