import { expect, test } from 'vitest'
import { errorBodyOf } from './error-body.ts'

test('the platform’s own error keeps its code, faults and request id', () => {
  const error = {
    code: 'invalid',
    message: 'name: too long',
    requestId: 'r1',
    faults: [{ field: 'name', message: 'too long' }],
  }
  expect(errorBodyOf({ data: { error } })).toEqual(error)
})

test.each([
  [new TypeError('fetch failed'), 'unavailable'],
  [null, 'unavailable'],
  ['text', 'unavailable'],
  [{ data: { httpStatus: 401 } }, 'unauthenticated'],
  [{ data: { httpStatus: 500 } }, 'internal'],
  [{ data: { error: { code: 'made-up' } } }, 'unavailable'],
])('%s is %s, without its text', (thrown, code) => {
  const body = errorBodyOf(thrown)
  expect(body.code).toBe(code)
  expect(body.message).not.toContain('fetch failed')
})
