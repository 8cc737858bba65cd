/** Resource quantities (k8s.io/apimachinery/pkg/api/resource): exact arithmetic and the canonical form (`0.5` is `500m`, `1024Mi` is `1Gi`). */

const pattern = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d{1,4}))?$/
const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const nano = 1_000_000_000n

/** How a quantity was written, which is how it is printed: `1k`, `1Ki`, `1e3`. */
type Format = 'decimal' | 'binary' | 'exponent'
/** An amount in billionths, which is as fine as Kubernetes keeps. */
export type Quantity = { readonly nanos: bigint; readonly format: Format }

export const zeroQuantity: Quantity = { nanos: 0n, format: 'decimal' }
export const countQuantity = (count: number): Quantity => ({ nanos: BigInt(count) * nano, format: 'decimal' })

/** Null when the text is no quantity. What is finer than a billionth rounds up, away from zero. */
export function readQuantity(value: unknown): Quantity | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null
  const match = pattern.exec(String(value))
  if (match === null) return null
  const [, sign = '', digits = '', binarySuffix, decimalSuffix, exponent] = match
  const [whole = '0', fraction = ''] = digits.split('.')
  const scaled = BigInt(`${whole || '0'}${fraction}`)
  const power = exponent === undefined ? decimal.indexOf(decimalSuffix ?? '') * 3 : Number(exponent) + 9
  const unit = binarySuffix === undefined ? 10n ** BigInt(Math.max(power, 0)) : nano * 1024n ** exponentOf(binarySuffix)
  const divisor = 10n ** BigInt(fraction.length + (binarySuffix === undefined ? Math.max(-power, 0) : 0))
  const nanos = (scaled * unit + divisor - 1n) / divisor
  const format = binarySuffix !== undefined ? 'binary' : exponent !== undefined ? 'exponent' : 'decimal'
  return { nanos: sign === '-' ? -nanos : nanos, format }
}

const exponentOf = (suffix: string): bigint => BigInt(binary.indexOf(suffix))

/** The canonical text, as `Quantity.String` makes it. */
export function printQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0'
  const amount = nanos < 0n ? -nanos : nanos
  const sign = nanos < 0n ? '-' : ''
  if (format === 'binary' && amount % nano === 0n && amount >= 1024n * nano)
    return `${sign}${shorten(amount / nano, 1024n, (index) => binary[index])}`
  if (format === 'exponent')
    return `${sign}${shorten(amount, 1000n, (index) => (index === 3 ? '' : `e${(index - 3) * 3}`))}`
  return `${sign}${shorten(amount, 1000n, (index) => decimal[index])}`
}

function shorten(amount: bigint, base: bigint, suffix: (index: number) => string | undefined): string {
  let left = amount
  let index = 0
  while (left % base === 0n && suffix(index + 1) !== undefined) {
    left /= base
    index += 1
  }
  return `${left}${suffix(index)}`
}

/** The sum, in the first one's format unless that is zero. */
export const addQuantity = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos + b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
})

/** Null when the text is no quantity. */
export function canonicalQuantity(value: string | number): string | null {
  const quantity = readQuantity(value)
  return quantity === null ? null : printQuantity(quantity)
}
