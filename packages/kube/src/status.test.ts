import { describe, expect, it } from 'vitest'
import { errorOfAnswer, isExpired } from './status.ts'

const status = (reason: string, details?: object) =>
  JSON.stringify({ kind: 'Status', reason, message: `because ${reason}`, details })

describe('errorOfAnswer', () => {
  it('takes the server’s own words and fields', () => {
    const error = errorOfAnswer(422, status('Invalid', { causes: [{ field: 'spec.x', message: 'must be y' }] }))
    expect(error).toMatchObject({
      code: 'invalid',
      message: 'because Invalid',
      faults: [{ field: 'spec.x', message: 'must be y' }],
    })
  })

  it('waits as long as a busy server asks', () => {
    expect(errorOfAnswer(429, status('TooManyRequests', { retryAfterSeconds: 3 }))).toMatchObject({
      code: 'exhausted',
      retry: { afterMs: 3_000 },
    })
    expect(errorOfAnswer(503, 'busy', '2')).toMatchObject({
      code: 'unavailable',
      retry: { afterMs: 2_000 },
      message: 'busy',
    })
  })

  it('survives answers that no API server wrote', () => {
    expect(errorOfAnswer(502, '<html>Bad gateway</html>')).toMatchObject({
      code: 'unavailable',
      message: 'The Kubernetes API answered 502.',
    })
    expect(errorOfAnswer(418, '')).toMatchObject({ code: 'invalid' })
    expect(errorOfAnswer(404, 'null')).toMatchObject({ code: 'not_found' })
  })

  it('knows an expired version', () => {
    expect(isExpired(errorOfAnswer(410, status('Expired')))).toBe(true)
    expect(isExpired(errorOfAnswer(409, status('Conflict')))).toBe(false)
    expect(isExpired(new Error('410'))).toBe(false)
  })
})
