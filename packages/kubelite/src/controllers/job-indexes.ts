/** Sets of completion indexes as a Job's status writes them. */

/** `1,3-5` → 1, 3, 4, 5. */
export function parseIndexes(text: string): Set<number> {
  const indexes = new Set<number>()
  for (const part of text.split(',').filter((each) => each !== '')) {
    const [from = 0, to = from] = part.split('-').map(Number)
    for (let index = from; index <= to; index += 1) indexes.add(index)
  }
  return indexes
}

export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b)
  const parts: string[] = []
  for (let at = 0; at < sorted.length; ) {
    let end = at
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end += 1
    // Two neighbours are written `1,2`, as the job controller does.
    parts.push(
      end === at ? `${sorted[at]}` : end === at + 1 ? `${sorted[at]},${sorted[end]}` : `${sorted[at]}-${sorted[end]}`,
    )
    at = end + 1
  }
  return parts.join(',')
}
