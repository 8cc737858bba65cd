/**
 * Cuts a search filter into words, as MLflow's SQL lexer does for the subset that its grammar allows. Pure; never throws:
 * what it does not know becomes an `other` token, which the parser refuses by name.
 */
export type Token =
  /** `metrics.acc`, `` tags.`a b` ``, `run_name`, `"quoted"`: `parts` are its raw halves (type and key), quotes kept. */
  | { kind: 'name'; text: string; at: number }
  | { kind: 'string'; text: string; at: number }
  | { kind: 'number'; text: string; at: number }
  | { kind: 'operator'; text: string; at: number }
  | { kind: 'word'; text: string; at: number }
  | { kind: 'list'; text: string; at: number }
  | { kind: 'other'; text: string; at: number }

const keywords = new Set(['AND', 'OR', 'NOT', 'IN', 'IS', 'NULL', 'LIKE', 'ILIKE', 'RLIKE', 'ASC', 'DESC', 'BETWEEN'])

const patterns: readonly [Token['kind'] | 'blank', RegExp][] = [
  ['blank', /\s+/y],
  // A quoted name may stand alone or after `type.`; the bare rest of a key may hold more dots, dashes and slashes.
  ['name', /(?:`[^`]*`|[\p{L}_][\p{L}\p{N}_]*)\.(?:`[^`]*`|"[^"]*"|[\p{L}\p{N}_][\p{L}\p{N}_./-]*)/uy],
  ['string', /'(?:''|\\'|[^'])*'/y],
  ['name', /"[^"]*"|`[^`]*`/y],
  ['number', /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_])/uy],
  ['operator', /<>|<=>|[<>=!]=?|==/y],
  ['list', /\((?:'(?:''|\\'|[^'])*'|"[^"]*"|[^()'"])*\)/y],
  ['name', /[\p{L}_][\p{L}\p{N}_]*/uy],
]

export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const token = tokenAt(text, at)
    if (token.kind !== 'blank') tokens.push({ kind: token.kind, text: token.text, at })
    at += token.text.length
  }
  return tokens
}

function tokenAt(text: string, at: number): { kind: Token['kind'] | 'blank'; text: string } {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found === undefined) continue
    if (kind === 'name' && keywords.has(found.toUpperCase())) return { kind: 'word', text: found }
    return { kind, text: found }
  }
  return { kind: 'other', text: String.fromCodePoint(text.codePointAt(at) ?? 0) }
}
