import { describe, expect, it } from 'vitest'
import { AppError, describeError, toAppError, toErrorBody } from './app-error.ts'

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code })

describe('toAppError', () => {
  it('keeps what was meant for a person, and hides the rest', () => {
    const known = new AppError('not_found', 'No such model.')
    expect(toAppError(known)).toBe(known)
    const hidden = toAppError(new Error('password=hunter2'))
    expect(hidden).toMatchObject({ code: 'internal', message: 'Something went wrong on our side.' })
    expect(toAppError('text').code).toBe('internal')
  })

  it.each([
    withCode('ECONNREFUSED'),
    withCode('P1001'),
    withCode('P2010', "Raw query failed. Code: `N/A`. Message: `Can't reach database server at 127.0.0.1:1`"),
    withCode('57P01', 'terminating connection due to administrator command'),
    new Error('Connection terminated unexpectedly'),
    new Error('Client has encountered a connection error and is not queryable'),
    new TypeError('fetch failed', { cause: withCode('ECONNRESET') }),
  ])('says of a lost connection that it is one: %s', (error) => {
    expect(toAppError(error).code).toBe('unavailable')
  })

  it.each([withCode('P2002'), withCode('23505'), withCode('ENOENT'), new Error('relation does not exist')])(
    'and of nothing else: %s',
    (error) => {
      expect(toAppError(error).code).toBe('internal')
    },
  )
})

it('tells the causes in the log and not on the wire', () => {
  const error = new AppError('unavailable', 'The database does not answer.', {
    cause: new Error('outer', { cause: new Error('inner') }),
    faults: [{ field: 'a', message: 'b' }],
  })
  expect(describeError(error)).toBe('The database does not answer.: outer: inner')
  expect(toErrorBody(error, 'r1')).toEqual({
    code: 'unavailable',
    message: 'The database does not answer.',
    requestId: 'r1',
    faults: [{ field: 'a', message: 'b' }],
  })
})
