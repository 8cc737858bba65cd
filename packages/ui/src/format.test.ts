import { expect, test } from 'vitest'
import { formatBytes, formatDuration, formatNumber, formatRelative, formatShare, plural, stripAnsi } from './format.ts'

test.each([
  [0, '0'],
  [0.8421937, '0.8422'],
  [0.5, '0.5'],
  [12345.6, '12,346'],
  [0.0000123, '1.23e-5'],
  [1e10, '1e10'],
  [-0.25, '-0.25'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '−∞'],
  [123.456, '123.5'],
])('formatNumber(%s) is %s', (value, text) => expect(formatNumber(value)).toBe(text))

test.each([
  [3.456, '3.46 ms'],
  [840, '840 ms'],
  [12_400, '12.4 s'],
  [200_000, '3 m 20 s'],
  [7_500_000, '2 h 5 m'],
  [273_600_000, '3 d 4 h'],
])('formatDuration(%s) is %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

test.each([
  [0, '0 B'],
  [1536, '1.5 kB'],
  [2_000_000, '2 MB'],
])('formatBytes(%s) is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

test('times are told relative to now, in both directions', () => {
  expect(formatRelative(1000, 1500)).toBe('just now')
  expect(formatRelative(0, 5_000)).toBe('5 s ago')
  expect(formatRelative(0, 3 * 3_600_000)).toBe('3 h ago')
  expect(formatRelative(4 * 86_400_000, 0)).toBe('in 4 d')
})

test('shares and counts', () => {
  expect(formatShare(0.1234)).toBe('12.3 %')
  expect(plural(1, 'run')).toBe('1 run')
  expect(plural(7043, 'row')).toBe('7,043 rows')
})

test('a log line cannot steer the screen', () => {
  expect(stripAnsi('\u001b[31mred\u001b[0m and \u001b]0;title\u0007plain\u0008')).toBe('red and plain')
  expect(stripAnsi('tab\tstays')).toBe('tab\tstays')
})
