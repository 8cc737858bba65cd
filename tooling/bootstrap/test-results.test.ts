import { expect, test } from 'vitest'
import { addUp, joined, secondTry } from './test-results.mjs'

const file = (name: string, passed: number, failed: number) => ({ file: name, passed, failed, skipped: 0 })
const failure = (name: string, test: string) => ({ file: name, test, why: 'expected 1 to be 2' })
const first = {
  files: [file('a', 3, 0), file('b', 2, 1), file('c', 0, 2)],
  failures: [failure('b', 'x'), failure('c', 'y'), failure('c', 'z')],
}

test('few files are tried again, many and failures outside of files are not', () => {
  expect(secondTry(first)).toEqual(['b', 'c'])
  expect(secondTry({ ...first, failures: [] })).toEqual([])
  expect(secondTry({ ...first, failures: [...first.failures, failure('', 'an uncaught error')] })).toEqual([])
  expect(secondTry({ files: [], failures: ['a', 'b', 'c', 'd', 'e'].map((name) => failure(name, 'x')) })).toEqual([])
})

test('what fails twice is failed, what fails once is told as flaky', () => {
  const second = { files: [file('b', 3, 0), file('c', 1, 1)], failures: [failure('c', 'z')] }
  const total = addUp([joined(first, ['b', 'c'], second)])
  expect(total).toMatchObject({ passed: 7, failed: 1, failures: [failure('c', 'z')] })
  expect(total.flaky).toEqual([failure('b', 'x'), failure('c', 'y')])
})

test('a second run that broke off clears nothing', () => {
  const second = { files: [file('b', 3, 0)], failures: [failure('', 'it ended with exit code 1')] }
  const total = addUp([joined(first, ['b', 'c'], second)])
  expect(total.failed).toBe(3)
  expect(total.failures.map(({ file: name }) => name)).toEqual(['c', 'c', ''])
})
