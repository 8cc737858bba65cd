/**
 * The keys of one resource in order, so that a page costs what it holds and not what the table holds. The array is made when
 * somebody first asks; from then on a key is put in or taken out at its place.
 */
export class SortedKeys {
  readonly #present: () => Iterable<string>
  #keys: string[] | null = null

  /** @param present all keys as they are now, in any order. */
  constructor(present: () => Iterable<string>) {
    this.#present = present
  }

  /** Ascending by code unit, as etcd has them. Never change it. */
  get all(): readonly string[] {
    this.#keys ??= [...this.#present()].sort(byCodeUnit)
    return this.#keys
  }

  add(key: string): void {
    if (this.#keys === null) return
    const at = firstNotBelow(this.#keys, key)
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key)
  }

  remove(key: string): void {
    if (this.#keys === null) return
    const at = firstNotBelow(this.#keys, key)
    if (this.#keys[at] === key) this.#keys.splice(at, 1)
  }
}

export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The index of the first key that is `key` or after it; the length when there is none. */
export function firstNotBelow(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Where the keys that begin with `prefix` stand: from the first index up to the second, which is not one of them. */
export function rangeOf(keys: readonly string[], prefix: string): [number, number] {
  if (prefix === '') return [0, keys.length]
  const last = prefix.length - 1
  const after = prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)
  return [firstNotBelow(keys, prefix), firstNotBelow(keys, after)]
}
