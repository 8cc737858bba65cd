import type { Api } from './client.ts'

/** What a step works with. `detail` shows what it is doing right now. */
export type Sample = {
  url: string
  workspace: string
  owner: Api
  approver: Api
  ownerToken: string
  /** A person who is let into the workspace to look, or null. */
  viewer: string | null
  signal: AbortSignal
  detail: (text: string) => void
}

/** What earlier steps found out. */
export type Facts = {
  jobUid?: string
  bestRun?: string
  baselineRun?: string
  version?: number
  endpointUrl?: string
  endpointUid?: string
}

export type Outcome = { detail: string; href: string | null; facts?: Facts }

/** A step of the sample: level-based, so that running it again when its work is done changes nothing. */
export type Step = { id: string; title: string; run(sample: Sample, facts: Facts): Promise<Outcome> }

export const modelName = 'churn'
export const endpointName = 'churn'
export const jobName = 'train-churn-job'

/** The step cannot succeed; `href` is the page that shows why. */
export class StepFailure extends Error {
  readonly href: string | null
  constructor(message: string, href: string | null = null) {
    super(message)
    this.href = href
  }
}

/** A fact that an earlier step must have left. */
export function need<K extends keyof Facts>(facts: Facts, key: K): NonNullable<Facts[K]> {
  const value = facts[key]
  if (value === undefined) throw new StepFailure(`the step before this one left no ${key}`)
  return value as NonNullable<Facts[K]>
}

const pollMs = 400

/**
 * Asks until the answer is there. An answer of `undefined` means not yet; a lost connection (the platform may be restarting)
 * is asked again too. Throws when `limitMs` is over or the sample is stopped.
 */
export async function until<T>(
  sample: Sample,
  what: string,
  limitMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + limitMs
  let trouble = ''
  for (;;) {
    sample.signal.throwIfAborted()
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
      trouble = ''
    } catch (error) {
      if (error instanceof StepFailure) throw error
      trouble = error instanceof Error ? `: ${error.message}` : ''
    }
    if (Date.now() > end) throw new StepFailure(`${what} took longer than ${Math.round(limitMs / 1000)} s${trouble}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

/** Repeats a call that the platform's restart may have cut off; what it does must be the same when done twice. */
export async function again<T>(sample: Sample, what: string, call: () => Promise<T>): Promise<T> {
  const answered = await until(sample, what, 60_000, async () => {
    try {
      return { answer: await call() }
    } catch (error) {
      if (isRefusal(error)) throw new StepFailure(error.message)
      throw error
    }
  })
  return answered.answer
}

/**
 * Makes something true: looks, acts where it is missing, and looks once more before a refusal counts, because an earlier
 * call whose answer was lost may have done it.
 */
export function ensure<T>(
  sample: Sample,
  what: string,
  find: () => Promise<T | undefined>,
  act: () => Promise<unknown>,
): Promise<T> {
  return again(sample, what, async () => {
    const present = await find()
    if (present !== undefined) return present
    const refusal = await act().then(
      () => null,
      (error: unknown) => error,
    )
    const made = await find()
    if (made !== undefined) return made
    throw refusal ?? new Error('it is not there yet')
  })
}

/** True for an answer of the platform that asking again will not change (a 4xx). */
function isRefusal(error: unknown): error is Error {
  const status = (error as { data?: { httpStatus?: number } | null }).data?.httpStatus
  return error instanceof Error && status !== undefined && status >= 400 && status < 500 && status !== 429
}
