/**
 * Golden values: SciPy 1.17.1, NumPy 2.4.6 and scikit-learn 1.9.1 on the same numbers (`lcg` in Python: x = (x * 1103515245 + 12345)
 * % 2**31, x / 2**31): `stats.ks_2samp`, `stats.wasserstein_distance`, `np.histogram_bin_edges(both, "sturges")` with
 * `spatial.distance.jensenshannon`, `stats.chisquare(current, reference * scale)`, `2 * norm.sf(|z|)`, `roc_auc_score`.
 */
import { describe, expect, it, test } from 'vitest'
import { countInto, equalEdges, sturgesEdges } from './binning.ts'
import { compareFeature, methodFor, type Sample } from './feature-drift.ts'
import { ksExactP, ksStatistic } from './kolmogorov-smirnov.ts'
import { chiSquareTail, normalTails } from './special.ts'
import { chiSquareP, jensenShannon, normedWasserstein, proportionsP, rocAuc, wasserstein } from './statistics.ts'

function lcg(seed: number, count: number): Float64Array {
  let x = seed
  return Float64Array.from({ length: count }, () => {
    x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff
    return x / 2 ** 31
  })
}
const shifted = (values: Float64Array, by: number) => values.map((value) => value + by)
const close = (actual: number, expected: number) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1e-3, Math.abs(expected)))
const number = (values: Iterable<number>): Sample => ({ kind: 'number', values: Float64Array.from(values) })
const category = (values: string[]): Sample => ({ kind: 'category', values })

describe('against SciPy', () => {
  test.each([
    [
      50,
      70,
      0.1,
      {
        d: 0.15142857142857144,
        p: 0.46878923700885916,
        w: 0.051761045547468326,
        wn: 0.19423876593224718,
        bins: 8,
        js: 0.18880759225488788,
      },
    ],
    [
      300,
      300,
      0.02,
      {
        d: 0.08333333333333333,
        p: 0.2488247843957968,
        w: 0.03265310482854646,
        wn: 0.11724812418068763,
        bins: 11,
        js: 0.09049355508610836,
      },
    ],
    [
      1000,
      999,
      0.05,
      {
        d: 0.06716316316316316,
        p: 0.020934322746219616,
        w: 0.04110004982203657,
        wn: 0.14413253439608148,
        bins: 12,
        js: 0.1152773410733893,
      },
    ],
    [
      900,
      5000,
      0.03,
      {
        d: 0.0452,
        p: 0.08573257025444528,
        w: 0.02263832531844579,
        wn: 0.07924947414105729,
        bins: 14,
        js: 0.0673947091142468,
      },
    ],
    [
      64,
      64,
      0,
      {
        d: 0.15625,
        p: 0.41803800878931696,
        w: 0.05128281570796389,
        wn: 0.17988798213120413,
        bins: 8,
        js: 0.1305255536443915,
      },
    ],
    [
      40,
      400,
      0.6,
      {
        d: 0.61,
        p: 2.378548682602174e-13,
        w: 0.5418470199964941,
        wn: 2.074740857750985,
        bins: 10,
        js: 0.6219700235331435,
      },
    ],
  ])('%i and %i values, shifted by %f', (n, m, shift, golden) => {
    const one = lcg(1, n).sort()
    const other = shifted(lcg(2, m), shift).sort()
    close(ksStatistic(one, other), golden.d)
    close(ksExactP(golden.d, n, m), golden.p)
    close(wasserstein(one, other), golden.w)
    close(normedWasserstein(one, other), golden.wn)
    const edges = sturgesEdges(one, other)
    expect(edges.length - 1).toBe(golden.bins)
    close(jensenShannon(countInto(edges, one), countInto(edges, other)), golden.js)
  })

  it('counts ties once', () => {
    const one = lcg(3, 500)
      .map((value) => Math.floor(value * 8))
      .sort()
    const other = lcg(4, 333)
      .map((value) => Math.floor(value * 9))
      .sort()
    close(ksStatistic(one, other), 0.0960960960960961)
    close(ksExactP(0.0960960960960961, 500, 333), 0.04595242307883369)
    close(wasserstein(one, other), 0.450834834834835)
  })

  it('tests categories and proportions', () => {
    close(chiSquareP([50, 30, 20], [30, 40, 10]), 0.00044906930261085745)
    close(chiSquareP([500, 300, 150, 45, 5], [510, 280, 160, 40, 10]), 0.10095422981188507)
    expect(chiSquareP([10, 10, 0], [10, 10, 1])).toBe(0)
    close(proportionsP({ hits: 30, count: 100 }, { hits: 45, count: 100 }), 0.02845973691631055)
    close(proportionsP({ hits: 500, count: 1000 }, { hits: 260, count: 500 }), 0.4651691429295538)
    expect(proportionsP({ hits: 0, count: 10 }, { hits: 0, count: 10 })).toBe(1)
    close(jensenShannon([50, 30, 20], [30, 40, 10]), 0.14655832490142368)
    close(jensenShannon([1, 0], [0, 1]), 0.8325546111576977)
  })

  it('has the tails right', () => {
    close(chiSquareTail(3.84, 1), 0.05004352124870519)
    close(chiSquareTail(0.5, 10), 0.999993388289439)
    close(chiSquareTail(250, 200), 0.009379131668826098)
    expect(chiSquareTail(100, 3) / 1.5541594313896026e-21).toBeCloseTo(1, 9)
    close(normalTails(1.96), 0.04999579029644087)
    expect(normalTails(6) / 1.973175290075389e-9).toBeCloseTo(1, 9)
  })

  it('measures the area under the ROC curve with ties', () => {
    const positive = [...lcg(5, 200)].map((value) => value > 0.6)
    const scores = [...lcg(6, 200)].map((value, row) => Math.round((value * 0.7 + (positive[row] ? 0.2 : 0)) * 10) / 10)
    close(rocAuc(positive, scores) ?? 0, 0.7824463118580766)
    expect(rocAuc([true, true], [1, 2])).toBeNull()
  })
})

describe('properties', () => {
  it('says nothing of two equal samples, and everything of two apart', () => {
    const values = lcg(9, 400).sort()
    expect(ksExactP(ksStatistic(values, values), 400, 400)).toBe(1)
    expect(wasserstein(values, values)).toBe(0)
    expect(ksExactP(1, 400, 300)).toBeLessThan(1e-100)
  })

  it('stays a probability at every size', () => {
    for (const [n, m] of [
      [1, 1],
      [1, 7],
      [13, 1],
      [2, 3],
      [97, 89],
      [1000, 1],
      [5000, 5000],
    ] as const) {
      for (const d of [0, 0.1, 0.5, 1]) {
        const p = ksExactP(d, n, m)
        expect(p).toBeGreaterThanOrEqual(0)
        expect(p).toBeLessThanOrEqual(1)
      }
    }
    expect(ksExactP(1, 1, 1)).toBe(1)
    close(ksExactP(1, 2, 3), 0.2)
  })

  it('counts every value into one bin', () => {
    expect(countInto(equalEdges(0, 4, 4), Float64Array.of(0, 1, 1.5, 4))).toEqual([1, 2, 0, 1])
    expect(countInto(equalEdges(3, 3, 2), Float64Array.of(3, 3))).toEqual([0, 2])
  })
})

describe('the comparison of a feature', () => {
  it.each([
    ['ks', number(lcg(1, 1000)), number(lcg(2, 10))],
    ['wasserstein', number(lcg(1, 1001)), number(lcg(2, 10))],
    ['proportions', number([0, 1, 1]), number([0])],
    ['chiSquare', number([0, 1, 2]), number([3, 4])],
    ['jensenShannon', number(Array.from({ length: 1001 }, (_, i) => i % 2)), number([0, 1])],
    ['chiSquare', category(['a', 'b', 'c']), category(['a'])],
    ['jensenShannon', category(Array.from({ length: 1001 }, () => 'a')), category(['b'])],
  ] as const)('takes %s', (method, reference, current) => {
    expect(methodFor(reference, current)).toBe(method)
  })

  it('finds the same data the same and moved data drifted', () => {
    const reference = number(lcg(1, 2000))
    expect(compareFeature('age', reference, number(lcg(2, 500)))).toMatchObject({
      kind: 'number',
      drifted: false,
      threshold: 0.1,
    })
    expect(compareFeature('age', reference, number(shifted(lcg(2, 500), 0.3)))).toMatchObject({
      drifted: true,
      currentCount: 500,
    })
    const plans = (share: number) => category(Array.from({ length: 1500 }, (_, i) => (i % 100 < share ? 'a' : 'b')))
    expect(compareFeature('plan', plans(50), plans(52)).drifted).toBe(false)
    expect(compareFeature('plan', plans(50), plans(80)).drifted).toBe(true)
  })

  it('has nothing to say without values', () => {
    expect(compareFeature('age', number([]), number([1]))).toMatchObject({ score: null, drifted: false, bins: [] })
  })

  it('shows shares that sum to one', () => {
    const many = compareFeature('city', category(Array.from({ length: 40 }, (_, i) => `c${i}`)), category(['c1', 'x']))
    expect(many.bins.at(-1)?.label).toBe('29 others')
    for (const drift of [many, compareFeature('age', number(lcg(1, 500)), number(lcg(2, 50)))]) {
      expect(drift.bins.reduce((sum, bin) => sum + bin.reference, 0)).toBeCloseTo(1, 12)
      expect(drift.bins.reduce((sum, bin) => sum + bin.current, 0)).toBeCloseTo(1, 12)
    }
  })
})
