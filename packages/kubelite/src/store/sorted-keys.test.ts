import { describe, expect, it } from 'vitest'
import { firstNotBelow, rangeOf, SortedKeys } from './sorted-keys.ts'

describe('sorted keys', () => {
  it('stay in order whatever comes and goes, before and after the first look', () => {
    const present = new Set<string>()
    const keys = new SortedKeys(() => present)
    let state = 7
    const random = (below: number) => {
      state = (state * 48_271) % 2_147_483_647
      return state % below
    }
    for (let step = 0; step < 3_000; step += 1) {
      const key = `ns-${random(4)}/${random(200)}`
      if (random(3) > 0) {
        present.add(key)
        keys.add(key)
      } else {
        present.delete(key)
        keys.remove(key)
      }
      if (step % 100 === 50) expect(keys.all).toEqual([...present].sort())
    }
  })

  it('finds where a prefix begins and ends', () => {
    const keys = ['a-b/x', 'a/x', 'a/y', 'aa/x', 'b/x']
    expect(rangeOf(keys, 'a/')).toEqual([1, 3])
    expect(rangeOf(keys, 'c/')).toEqual([5, 5])
    expect(rangeOf(keys, '')).toEqual([0, 5])
    expect(firstNotBelow(keys, 'a/x\u0000')).toBe(2)
  })
})
