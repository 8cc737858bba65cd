import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'

test('gives what the first attempt that works returns', async () => {
  let calls = 0
  const result = await eventually(
    () => {
      calls += 1
      if (calls === 1) throw new Error('not yet')
      return calls < 4 ? false : 'done'
    },
    { everyMs: 1 },
  )
  expect([result, calls]).toEqual(['done', 4])
})

test('fails with the reason of the last attempt', async () => {
  const attempt = eventually(() => Promise.reject(new Error('the door is closed')), { timeoutMs: 5, everyMs: 1 })
  await expect(attempt).rejects.toThrow('the door is closed')
  await expect(eventually(() => false, { timeoutMs: 5, everyMs: 1 })).rejects.toThrow('still false after 5 ms')
})

test('a free port can be listened on', async () => {
  expect(await freePort()).toBeGreaterThan(1023)
})
