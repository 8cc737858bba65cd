/** Special functions that p-values need, to about 1e-13 (Numerical Recipes §6.1, §6.2: Lanczos, series and continued fraction). */

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] // biome-ignore format: one list

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const shifted = x - 1
  const t = shifted + 7.5
  const sum = lanczos.reduce((total, factor, place) => (place === 0 ? factor : total + factor / (shifted + place)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum)
}

const tiny = 1e-300
const epsilon = 1e-16
const maxSteps = 10_000

/** The regularised upper incomplete gamma function Q(a, x), for a > 0 and x >= 0. */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1
  if (x === Number.POSITIVE_INFINITY) return 0
  const scale = Math.exp(-x + a * Math.log(x) - logGamma(a))
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x)
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; n < maxSteps; n += 1) {
    term *= x / (a + n)
    sum += term
    if (Math.abs(term) < Math.abs(sum) * epsilon) break
  }
  return sum
}

/** Lentz's method for the continued fraction of Γ(a, x). */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < maxSteps; n += 1) {
    const factor = -n * (n - a)
    b += 2
    d = 1 / notZero(factor * d + b)
    c = notZero(b + factor / c)
    fraction *= d * c
    if (Math.abs(d * c - 1) < epsilon) break
  }
  return fraction
}

function notZero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value
}

/** P(X > statistic) of a chi-square variable. */
export function chiSquareTail(statistic: number, degrees: number): number {
  return upperGamma(degrees / 2, statistic / 2)
}

/** P(|Z| > |z|) of a standard normal variable. */
export function normalTails(z: number): number {
  return upperGamma(0.5, (z * z) / 2)
}
