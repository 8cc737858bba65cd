/**
 * `$(NAME)` in commands, arguments and values, as `k8s.io/kubernetes/third_party/forked/golang/expansion` does it: `$$` is
 * a dollar sign, a name that is not known stays as it is written.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  let out = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (char !== '$' || at + 1 >= text.length) {
      out += char
      continue
    }
    const next = text[at + 1]
    if (next === '$') {
      out += '$'
      at += 1
      continue
    }
    const end = next === '(' ? text.indexOf(')', at + 2) : -1
    if (end < 0) {
      out += char
      continue
    }
    const name = text.slice(at + 2, end)
    out += lookup(name) ?? `$(${name})`
    at = end
  }
  return out
}
