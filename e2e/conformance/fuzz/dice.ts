/** Random numbers from a seed: the same seed gives the same steps on every machine. */

/** mulberry32: small, and the same everywhere. Numbers from 0 up to, not including, 1. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export type Dice = {
  pick<T>(from: readonly T[]): T
  /** True with this probability. */
  chance(of: number): boolean
  /** What is given, with this probability; else nothing. To be spread into an object. */
  maybe<T extends object>(of: number, value: () => T): T | Record<never, never>
}

export function diceOf(random: () => number): Dice {
  return {
    pick: (from) => from[Math.floor(random() * from.length)] as (typeof from)[number],
    chance: (of) => random() < of,
    maybe: (of, value) => (random() < of ? value() : {}),
  }
}
