/**
 * Work that may have to wait for another server. A generator yields what must be awaited before it goes on; one that yields
 * nothing ran in a single turn, so that a write without webhooks is decided on the newest state and at once.
 */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>

/** `yield* waitFor(promise)` is the `await` of steps. */
export function* waitFor<T>(promise: Promise<T>): Steps<T> {
  return (yield promise) as T
}

/** The outcome itself when nothing had to be waited for, else a promise of it. */
export function runSteps<T>(steps: Steps<T>): T | Promise<T> {
  const first = steps.next()
  return first.done === true ? first.value : finish(steps, first.value)
}

async function finish<T>(steps: Steps<T>, first: Promise<unknown>): Promise<T> {
  for (let pending = first; ; ) {
    const outcome = await pending.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    const next = 'error' in outcome ? steps.throw(outcome.error) : steps.next(outcome.value)
    if (next.done === true) return next.value
    pending = next.value
  }
}
