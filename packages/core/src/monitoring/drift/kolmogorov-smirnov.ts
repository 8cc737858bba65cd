/** The two-sample Kolmogorov-Smirnov statistic of sorted samples: the largest distance of their distribution functions. */
export function ksStatistic(one: Float64Array, other: Float64Array): number {
  let largest = 0
  let i = 0
  let j = 0
  while (i < one.length && j < other.length) {
    const value = Math.min(one[i] as number, other[j] as number)
    while (i < one.length && (one[i] as number) === value) i += 1
    while (j < other.length && (other[j] as number) === value) j += 1
    largest = Math.max(largest, Math.abs(i / one.length - j / other.length))
  }
  return largest
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b)
}

/**
 * The exact two-sided p-value of a two-sample statistic `d` of sizes n and m: the share of lattice paths that leave the band
 * |i/n - j/m| < d (what `scipy.stats.ks_2samp` computes up to 10,000 a side). The paths are walked as sampling without
 * replacement, so that no weight under- or overflows.
 */
export function ksExactP(d: number, n: number, m: number): number {
  const divisor = greatestDivisor(n, m)
  const stepI = m / divisor
  const stepJ = n / divisor
  const limit = Math.round(d * n * stepI)
  if (limit === 0) return 1
  // mass[j] is the probability to be at (i, j) without having left the band.
  const mass = new Float64Array(m + 1)
  let outside = 0
  let from = 0
  for (let i = 0; i <= n; i += 1) {
    let begun = false
    for (let j = from; j <= m; j += 1) {
      const fromAbove = i === 0 ? 0 : ((mass[j] as number) * (n - i + 1)) / (n + m - i - j + 1)
      const fromLeft =
        j === 0 || (j === from && from > 0) ? 0 : ((mass[j - 1] as number) * (m - j + 1)) / (n + m - i - j + 1)
      const here = i === 0 && j === 0 ? 1 : fromAbove + fromLeft
      const distance = i * stepI - j * stepJ
      if (Math.abs(distance) < limit) {
        mass[j] = here
        if (!begun) {
          begun = true
          from = j
        }
        continue
      }
      outside += here
      mass[j] = 0
      // Right of the band nothing of this row comes in any more, and this cell was the last that the row above reaches.
      if (distance < 0 && here === 0) break
    }
  }
  return Math.min(1, Math.max(0, outside))
}
