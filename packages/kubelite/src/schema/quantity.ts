/** The canonical form of resource quantities (k8s.io/apimachinery/pkg/api/resource): `0.5` is `500m`, `1024Mi` is `1Gi`. */

const pattern = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d+))?$/
const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const nano = 1_000_000_000n

/** Null when the text is no quantity. What has an exponent (`1e3`) keeps its text: nobody writes it who could be surprised. */
export function canonicalQuantity(value: string | number): string | null {
  const match = pattern.exec(String(value))
  if (match === null) return null
  const [, sign = '', digits = '', binarySuffix, decimalSuffix, exponent] = match
  if (exponent !== undefined) return String(value)
  const [whole = '0', fraction = ''] = digits.split('.')
  const scaled = BigInt(`${whole || '0'}${fraction}`)
  const unit =
    binarySuffix === undefined
      ? 10n ** BigInt(decimal.indexOf(decimalSuffix ?? '') * 3)
      : nano * 1024n ** BigInt(binary.indexOf(binarySuffix))
  const divisor = 10n ** BigInt(fraction.length)
  // Finer than a nano rounds up, away from zero.
  const nanos = (scaled * unit + divisor - 1n) / divisor
  if (nanos === 0n) return '0'
  const isBinary = binarySuffix !== undefined && nanos % nano === 0n && nanos >= 1024n * nano
  return `${sign === '-' ? '-' : ''}${isBinary ? shorten(nanos / nano, 1024n, binary) : shorten(nanos, 1000n, decimal)}`
}

function shorten(amount: bigint, base: bigint, suffixes: readonly string[]): string {
  let left = amount
  let index = 0
  while (left % base === 0n && index < suffixes.length - 1) {
    left /= base
    index += 1
  }
  return `${left}${suffixes[index]}`
}
