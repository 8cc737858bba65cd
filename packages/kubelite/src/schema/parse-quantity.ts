const suffixes: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** The number that a Kubernetes quantity means (`500m` → 0.5, `1Gi` → 1073741824); NaN when it is none. */
export function parseQuantity(quantity: string | number | undefined): number {
  if (quantity === undefined) return 0
  if (typeof quantity === 'number') return quantity
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([a-zA-Z]{0,2}))$/.exec(quantity.trim())
  if (!match) return Number.NaN
  if (match[2] !== undefined) return Number(`${match[1]}${match[2]}`)
  const factor = suffixes[match[3] ?? '']
  return factor === undefined ? Number.NaN : Number(match[1]) * factor
}
