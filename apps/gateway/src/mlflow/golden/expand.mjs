/** Values that are too long to be written out in `cases.json`. */
const long = {
  LONG501: 'x'.repeat(501),
  LONG251: 'k'.repeat(251),
  PARAMS101: Array.from({ length: 101 }, (_, index) => ({ key: `k${index}`, value: 'v' })),
  METRICS1001: Array.from({ length: 1001 }, (_, index) => ({ key: `k${index}`, value: 1, timestamp: 1 })),
}

export function expandCase(item) {
  if (item.body === undefined) return item
  return {
    ...item,
    body: Object.fromEntries(
      Object.entries(item.body).map(([key, value]) => [key, (typeof value === 'string' && long[value]) || value]),
    ),
  }
}
