/** Distances and tests between a reference and a current sample, as SciPy and Evidently define them. */
import { chiSquareTail, normalTails } from './special.ts'

/** The 1-Wasserstein distance of two sorted samples: the area between their distribution functions. */
export function wasserstein(one: Float64Array, other: Float64Array): number {
  let area = 0
  let i = 0
  let j = 0
  let last = Math.min(one[0] as number, other[0] as number)
  while (i < one.length || j < other.length) {
    const value = Math.min(
      i < one.length ? (one[i] as number) : Number.POSITIVE_INFINITY,
      j < other.length ? (other[j] as number) : Number.POSITIVE_INFINITY,
    )
    area += Math.abs(i / one.length - j / other.length) * (value - last)
    last = value
    while (i < one.length && (one[i] as number) === value) i += 1
    while (j < other.length && (other[j] as number) === value) j += 1
  }
  return area
}

/** The standard deviation of the whole (not of a sample of it). */
export function populationDeviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}

/** Wasserstein distance in standard deviations of the reference (at least 0.001 each). */
export function normedWasserstein(reference: Float64Array, current: Float64Array): number {
  return wasserstein(reference, current) / Math.max(populationDeviation(reference), 0.001)
}

/** The Jensen-Shannon distance (the root of the divergence, natural logarithm) of counts over the same bins. */
export function jensenShannon(reference: readonly number[], current: readonly number[]): number {
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)
  const [all, now] = [total(reference), total(current)]
  let divergence = 0
  reference.forEach((count, bin) => {
    const p = count / all
    const q = (current[bin] ?? 0) / now
    const middle = (p + q) / 2
    if (p > 0) divergence += (p * Math.log(p / middle)) / 2
    if (q > 0) divergence += (q * Math.log(q / middle)) / 2
  })
  return Math.sqrt(Math.max(0, divergence))
}

/** Pearson's chi-square: current counts against reference counts scaled to the current size. A value the reference never had gives 0. */
export function chiSquareP(reference: readonly number[], current: readonly number[]): number {
  const scale = current.reduce((sum, count) => sum + count, 0) / reference.reduce((sum, count) => sum + count, 0)
  let statistic = 0
  reference.forEach((count, bin) => {
    const expected = count * scale
    const observed = current[bin] ?? 0
    if (expected === 0) statistic = observed > 0 ? Number.POSITIVE_INFINITY : statistic
    else statistic += (observed - expected) ** 2 / expected
  })
  return reference.length < 2 ? 1 : chiSquareTail(statistic, reference.length - 1)
}

/** The two-sided Z test of two proportions `hits / count`. */
export function proportionsP(
  reference: { hits: number; count: number },
  current: { hits: number; count: number },
): number {
  const pooled = (reference.hits + current.hits) / (reference.count + current.count)
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / reference.count + 1 / current.count))
  if (deviation === 0) return 1
  return normalTails((reference.hits / reference.count - current.hits / current.count) / deviation)
}

/** The area under the ROC curve of `scores` for the positives, ties counted half; null without both kinds. */
export function rocAuc(positive: readonly boolean[], scores: readonly number[]): number | null {
  const positives = positive.filter(Boolean).length
  const negatives = positive.length - positives
  if (positives === 0 || negatives === 0) return null
  const order = scores.map((_, place) => place).sort((a, b) => (scores[a] as number) - (scores[b] as number))
  let rankSum = 0
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && scores[order[end] as number] === scores[order[start] as number]) end += 1
    const rank = (start + 1 + end) / 2
    for (let place = start; place < end; place += 1) if (positive[order[place] as number]) rankSum += rank
    start = end
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}
