const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const binary = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/**
 * A Kubernetes quantity (`500m`, `1.5Gi`, `1e3`) as a number, for bars and sums; NaN for what is none.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function quantityOf(text: string | number): number {
  const parts = /^([+-]?\d*\.?\d+|[+-]?\d+\.)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/.exec(String(text))
  if (parts === null) return Number.NaN
  const [, number = '', suffix = ''] = parts
  if (binary.includes(suffix)) return Number(number) * 1024 ** (binary.indexOf(suffix) + 1)
  const exponent = decimal[suffix]
  return exponent === undefined ? Number(`${number}${suffix}`) : Number(`${number}e${exponent}`)
}
