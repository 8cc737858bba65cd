/** v2 before v1 before v1beta2 before v1alpha1 (`version.CompareKubeAwareVersionStrings`). */
export function compareVersions(a: string, b: string): number {
  const rank = (version: string): number[] => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
    if (match === null) return [-1, 0, 0]
    return [match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0, Number(match[1]), Number(match[3] ?? 0)]
  }
  const [left, right] = [rank(a), rank(b)]
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0
    if (value !== other) return other - value
  }
  return a < b ? -1 : 1
}
