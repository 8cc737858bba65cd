import { expect, test } from 'vitest'
import { parseCsv } from './parse-csv.ts'

test('quotes, doubled quotes, separators and breaks in quotes', () => {
  expect(parseCsv('a,b\r\n"x, ""y""","two\nlines"\n1,\n', ',', 10)).toEqual([
    ['a', 'b'],
    ['x, "y"', 'two\nlines'],
    ['1', ''],
  ])
})

test('a last line without a break counts, nothing does not, and the limit holds', () => {
  expect(parseCsv('a\tb\n1\t2', '\t', 10)).toEqual([
    ['a', 'b'],
    ['1', '2'],
  ])
  expect(parseCsv('', ',', 10)).toEqual([])
  expect(parseCsv('1\n2\n3\n', ',', 2)).toEqual([['1'], ['2']])
})

test('an unclosed quote takes the rest and ends', () => {
  expect(parseCsv('a,"b\nc', ',', 10)).toEqual([['a', 'b\nc']])
})
