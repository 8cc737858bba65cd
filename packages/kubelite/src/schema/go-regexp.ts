/**
 * A pattern written for Go's RE2 as a JavaScript expression: leading flags (`(?i)`), `\A`, `\z`, and escapes that are none in
 * Unicode mode. Throws SyntaxError for what neither reads.
 */
export function goRegExp(pattern: string, more = ''): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(pattern)
  const text = pattern
    .slice(flags?.[0].length ?? 0)
    .replaceAll(/\\\\|\\A|\\z|\(\?P</g, (part) => ({ '\\A': '^', '\\z': '$', '(?P<': '(?<' })[part] ?? part)
  const own = `${flags?.[1] ?? ''}${more}`
  try {
    return new RegExp(text, `${own}u`)
  } catch {
    return new RegExp(text, own)
  }
}
