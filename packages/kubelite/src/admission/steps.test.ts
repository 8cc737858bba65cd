import { expect, test } from 'vitest'
import { runSteps, type Steps, waitFor } from './steps.ts'

test('steps that wait for nothing are done in the same turn', () => {
  function* steps(wait: boolean): Steps<number> {
    if (wait) yield* waitFor(Promise.resolve())
    return 7
  }
  expect(runSteps(steps(false))).toBe(7)
  expect(runSteps(steps(true))).toBeInstanceOf(Promise)
})

test('what is waited for comes back, and a failure can be caught where it happened', async () => {
  function* steps(): Steps<string> {
    const first = yield* waitFor(Promise.resolve('a'))
    try {
      yield* waitFor(Promise.reject(new Error('no')))
    } catch (error) {
      return `${first}, ${(error as Error).message}`
    }
    return 'not reached'
  }
  await expect(runSteps(steps())).resolves.toBe('a, no')
})

test('a failure nobody catches is that of the whole', async () => {
  function* steps(): Steps<void> {
    yield* waitFor(Promise.resolve())
    throw new Error('late')
  }
  await expect(runSteps(steps())).rejects.toThrow('late')
})
