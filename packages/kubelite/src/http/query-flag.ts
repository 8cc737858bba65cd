/**
 * A yes or no of an address, as the real server reads it: absent, `false` and `0` are no; all else is yes, also an empty value, and the
 * `True` that Python's clients write. Convert_Slice_string_To_bool (apimachinery).
 */
export function queryFlag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value !== null && value !== '0' && value.toLowerCase() !== 'false'
}
