/**
 * The texts of `Warning` headers: `299 - "text"`, several in one line, quotes and backslashes escaped (RFC 7234 §5.5, which
 * Kubernetes uses for deprecations and admission's warnings).
 */
export function parseWarnings(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(', ') : (header ?? '')
  const found = text.matchAll(/\b\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)
  return [...found].map(([, quoted = '']) => decoded(quoted.replace(/\\(.)/g, '$1')))
}

/** Headers are bytes that Node reads as Latin-1; the server means UTF-8. */
function decoded(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8')
}
