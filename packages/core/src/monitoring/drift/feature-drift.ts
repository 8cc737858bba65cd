/**
 * Which comparison fits a feature, and what it says. The choice is Evidently's (0.7): by kind, by the number of distinct
 * values in both samples, and by the size of the reference.
 */
import type { FeatureDrift } from '@keelson/contracts/monitoring'
import { countInto, countValues, equalEdges, sturgesEdges } from './binning.ts'
import { ksExactP, ksStatistic } from './kolmogorov-smirnov.ts'
import { chiSquareP, jensenShannon, normedWasserstein, proportionsP } from './statistics.ts'

/** A feature's values with the missing ones already left out; strings for categories. */
export type Sample = { kind: 'number'; values: Float64Array } | { kind: 'category'; values: readonly string[] }

/** A share of drifted features from which the whole is said to drift. */
export const driftShare = 0.5

const largeReference = 1_000
const fewValues = 5
const manyValues = 20
const shownBins = 10
const shownValues = 12

export const driftMethods = {
  ks: {
    title: 'Kolmogorov-Smirnov p-value',
    threshold: 0.05,
    drifted: (score: number, threshold: number) => score <= threshold,
  },
  wasserstein: {
    title: 'Wasserstein distance / standard deviation',
    threshold: 0.1,
    drifted: (score: number, threshold: number) => score >= threshold,
  },
  jensenShannon: {
    title: 'Jensen-Shannon distance',
    threshold: 0.1,
    drifted: (score: number, threshold: number) => score >= threshold,
  },
  chiSquare: {
    title: 'chi-square p-value',
    threshold: 0.05,
    drifted: (score: number, threshold: number) => score < threshold,
  },
  proportions: {
    title: 'Z test p-value',
    threshold: 0.05,
    drifted: (score: number, threshold: number) => score < threshold,
  },
} as const
export type DriftMethod = keyof typeof driftMethods

/** Compares one feature. Without values on a side there is nothing to compare: the score is null and nothing drifted. */
export function compareFeature(feature: string, reference: Sample, current: Sample): FeatureDrift {
  const counts = { referenceCount: reference.values.length, currentCount: current.values.length }
  if (reference.values.length === 0 || current.values.length === 0 || reference.kind !== current.kind) {
    const threshold = driftMethods.jensenShannon.threshold
    return {
      feature,
      kind: reference.kind,
      method: 'none',
      score: null,
      threshold,
      drifted: false,
      ...counts,
      bins: [],
    }
  }
  const method = methodFor(reference, current)
  const score = scoreOf(method, reference, current)
  const { title, threshold, drifted } = driftMethods[method]
  return {
    feature,
    kind: reference.kind,
    method: title,
    score,
    threshold,
    drifted: drifted(score, threshold),
    ...counts,
    bins: shownHistogram(reference, current),
  }
}

export function methodFor(reference: Sample, current: Sample): DriftMethod {
  const large = reference.values.length > largeReference
  const distinct = new Set<number | string>([...reference.values, ...current.values]).size
  if (reference.kind === 'number' && distinct > fewValues) return large ? 'wasserstein' : 'ks'
  if (large) return 'jensenShannon'
  return distinct > 2 ? 'chiSquare' : 'proportions'
}

function scoreOf(method: DriftMethod, reference: Sample, current: Sample): number {
  if (method === 'wasserstein' || method === 'ks') {
    const [one, other] = [sorted(reference), sorted(current)]
    return method === 'wasserstein'
      ? normedWasserstein(one, other)
      : ksExactP(ksStatistic(one, other), one.length, other.length)
  }
  if (method === 'jensenShannon') return jensenShannon(...binned(reference, current))
  const { before, now } = valueCounts(reference, current)
  if (method === 'chiSquare') return chiSquareP(before, now)
  const rest = (counts: readonly number[]) => ({
    hits: counts.slice(1).reduce((sum, count) => sum + count, 0),
    count: counts.reduce((sum, count) => sum + count, 0),
  })
  return proportionsP(rest(before), rest(now))
}

function sorted(sample: Sample): Float64Array {
  return Float64Array.from(sample.values as Iterable<number>).sort()
}

/** Numbers with many distinct values in the reference fall into bins of equal width; everything else is counted by value. */
function binned(reference: Sample, current: Sample): [number[], number[]] {
  if (reference.kind === 'number' && new Set(reference.values).size > manyValues) {
    const [one, other] = [sorted(reference), sorted(current)]
    const edges = sturgesEdges(one, other)
    return [countInto(edges, one), countInto(edges, other)]
  }
  const { before, now } = valueCounts(reference, current)
  return [before, now]
}

function valueCounts(
  reference: Sample,
  current: Sample,
): { values: (number | string)[]; before: number[]; now: number[] } {
  const [before, now] = [countValues<number | string>(reference.values), countValues<number | string>(current.values)]
  const values = [...new Set([...before.keys(), ...now.keys()])].sort((a, b) => (a < b ? -1 : 1))
  return {
    values,
    before: values.map((value) => before.get(value) ?? 0),
    now: values.map((value) => now.get(value) ?? 0),
  }
}

/** Shares by bin, for the screen: ten bins of equal width, or the most frequent values and the rest. */
function shownHistogram(reference: Sample, current: Sample): FeatureDrift['bins'] {
  const share = (counts: readonly number[], place: number, all: number) => (counts[place] ?? 0) / all
  const [all, allNow] = [reference.values.length, current.values.length]
  if (reference.kind === 'number' && new Set([...reference.values, ...current.values]).size > shownValues) {
    const [one, other] = [sorted(reference), sorted(current)]
    const edges = equalEdges(
      Math.min(one[0] as number, other[0] as number),
      Math.max(one.at(-1) as number, other.at(-1) as number),
      shownBins,
    )
    const [before, now] = [countInto(edges, one), countInto(edges, other)]
    const label = (place: number) => `${short(edges[place] as number)} – ${short(edges[place + 1] as number)}`
    return before.map((_, place) => ({
      label: label(place),
      reference: share(before, place, all),
      current: share(now, place, allNow),
    }))
  }
  const { values, before, now } = valueCounts(reference, current)
  const order = values
    .map((_, place) => place)
    .sort((a, b) => share(before, b, all) + share(now, b, allNow) - share(before, a, all) - share(now, a, allNow))
  const shown =
    reference.kind === 'number' ? order.slice(0, shownValues).sort((a, b) => a - b) : order.slice(0, shownValues)
  const bins = shown.map((place) => ({
    label: String(values[place]),
    reference: share(before, place, all),
    current: share(now, place, allNow),
  }))
  const rest = order.slice(shownValues)
  if (rest.length === 0) return bins
  const sum = (counts: readonly number[], total: number) =>
    rest.reduce((part, place) => part + share(counts, place, total), 0)
  return [...bins, { label: `${rest.length} others`, reference: sum(before, all), current: sum(now, allNow) }]
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)))
}
