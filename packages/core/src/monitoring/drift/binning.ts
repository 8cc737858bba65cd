/** Edges of NumPy's `sturges` rule over both samples: ceil(log2 n + 1) bins of equal width. Both are sorted. */
export function sturgesEdges(one: Float64Array, other: Float64Array): number[] {
  const low = Math.min(one[0] as number, other[0] as number)
  const high = Math.max(one.at(-1) as number, other.at(-1) as number)
  const width = (high - low) / (Math.log2(one.length + other.length) + 1)
  const bins = width > 0 ? Math.max(1, Math.ceil((high - low) / width)) : 1
  return equalEdges(low, high, bins)
}

/** `bins + 1` edges; a single value gets a bin of its own around it, as NumPy does. */
export function equalEdges(low: number, high: number, bins: number): number[] {
  const [first, last] = low === high ? [low - 0.5, high + 0.5] : [low, high]
  return Array.from({ length: bins + 1 }, (_, place) =>
    place === bins ? last : first + ((last - first) * place) / bins,
  )
}

/** How many values lie in each bin; the last bin takes its upper edge too. */
export function countInto(edges: readonly number[], values: Float64Array): number[] {
  const counts = new Array<number>(edges.length - 1).fill(0)
  const last = counts.length - 1
  for (const value of values) {
    let low = 0
    let high = last
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (value >= (edges[middle] as number)) low = middle
      else high = middle - 1
    }
    counts[low] = (counts[low] ?? 0) + 1
  }
  return counts
}

/** How often each value occurs. */
export function countValues<T>(values: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
