import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createWorkQueue } from './work-queue.ts'

describe('the work queue', () => {
  it('holds a key once, and gives keys in the order of their coming', async () => {
    const queue = createWorkQueue()
    for (const key of ['a', 'b', 'a']) queue.add(key)
    expect(await queue.next()).toBe('a')
    expect(await queue.next()).toBe('b')
    expect(queue.length).toBe(0)
  })

  it('gives a key that was added while it was worked on again, but only after that', async () => {
    const queue = createWorkQueue()
    queue.add('a')
    expect(await queue.next()).toBe('a')
    queue.add('a')
    const second = queue.next()
    expect(await Promise.race([second, wait(20).then(() => 'nothing')])).toBe('nothing')
    queue.done('a')
    expect(await second).toBe('a')
  })

  it('lets the earlier of two times count', async () => {
    const queue = createWorkQueue()
    queue.addAfter('a', 60_000)
    queue.addAfter('a', 5)
    expect(await queue.next()).toBe('a')
    queue.close()
  })

  it('doubles the back-off up to its limit and forgets it', () => {
    const queue = createWorkQueue({ firstMs: 100, mostMs: 400, random: () => 1 })
    expect([1, 2, 3, 4].map(() => queue.addBackedOff('a'))).toEqual([100, 200, 400, 400])
    queue.forget('a')
    expect(queue.addBackedOff('a')).toBe(100)
    queue.close()
  })

  it('wakes those who wait when it is closed', async () => {
    const queue = createWorkQueue()
    const waiting = queue.next()
    queue.close()
    expect(await waiting).toBeNull()
    expect(await queue.next()).toBeNull()
  })
})
