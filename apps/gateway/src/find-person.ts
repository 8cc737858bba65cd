import { AppError } from '@keelson/process/app-error'
import { z } from 'zod'
import type { FindPerson } from './doors/internal.ts'

const Person = z.object({ subject: z.string(), username: z.string(), name: z.string(), groups: z.array(z.string()) })
const askMs = 5_000

/** Asks the embedded provider for one of its people. */
export function findPersonAt(upstream: string, secret: string): FindPerson {
  return async (email) => {
    const address = `${upstream}/oidc/internal/people/${encodeURIComponent(email)}`
    const response = await fetch(address, {
      headers: { authorization: `Bearer ${secret}` },
      signal: AbortSignal.timeout(askMs),
    }).catch((cause) => {
      throw new AppError('unavailable', 'The identity provider does not answer.', { cause })
    })
    if (response.status === 404) return null
    if (!response.ok)
      throw new AppError('unavailable', 'The identity provider does not answer.', {
        cause: new Error(`status ${response.status}`),
      })
    return Person.parse(await response.json())
  }
}
