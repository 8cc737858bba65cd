/** Reads JSON as Go's scanner does: the first character that does not fit in its words, and the fields that come twice. */

type Container = { end: '}' | ']'; path: string; keys: Set<string>; index: number; key: string }
const maxDepth = 10_000

export type JsonReading = { fault: string; duplicates: string[] }

/** `fault` is empty for JSON that is right. */
export function readJson(text: string): JsonReading {
  const scanner = new Scanner(text)
  return { fault: scanner.run(), duplicates: scanner.duplicates }
}

class Scanner {
  readonly duplicates: string[] = []
  readonly #text: string
  readonly #stack: Container[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  run(): string {
    for (;;) {
      const wrong = this.#element()
      if (wrong === 'opened') continue
      if (wrong !== '') return wrong
      const after = this.#afterElement()
      if (after !== 'more') return after
    }
  }

  /** A value, with its key when it stands in an object; `opened` when a container with something in it begins. */
  #element(): string {
    const inside = this.#stack.at(-1)
    if (inside?.end === '}') {
      const wrong = this.#key(inside)
      if (wrong !== '') return wrong
    }
    this.#space()
    const bracket = this.#text[this.#at]
    if (bracket !== '{' && bracket !== '[') return this.#scalar()
    const path = inside === undefined ? '' : this.#pathIn(inside)
    this.#stack.push({ end: bracket === '{' ? '}' : ']', path, keys: new Set(), index: 0, key: '' })
    if (this.#stack.length > maxDepth) return `invalid character ${quoted(bracket)} exceeded max depth`
    this.#at += 1
    this.#space()
    if (this.#text[this.#at] !== this.#stack.at(-1)?.end) return 'opened'
    this.#at += 1
    this.#stack.pop()
    return ''
  }

  /** `more` after a comma; an end of the text, or a fault. */
  #afterElement(): string {
    for (;;) {
      this.#space()
      const around = this.#stack.at(-1)
      if (around === undefined) return this.#at >= this.#text.length ? '' : this.#fault('after top-level value')
      const character = this.#text[this.#at]
      if (character === ',') {
        this.#at += 1
        around.index += 1
        return 'more'
      }
      if (character !== around.end)
        return this.#fault(around.end === '}' ? 'after object key:value pair' : 'after array element')
      this.#at += 1
      this.#stack.pop()
    }
  }

  #key(inside: Container): string {
    this.#space()
    if (this.#text[this.#at] !== '"') return this.#fault('looking for beginning of object key string')
    const start = this.#at + 1
    const wrong = this.#string()
    if (wrong !== '') return wrong
    inside.key = this.#text.slice(start, this.#at - 1)
    if (inside.keys.has(inside.key)) this.duplicates.push(this.#pathIn(inside))
    inside.keys.add(inside.key)
    this.#space()
    if (this.#text[this.#at] !== ':') return this.#fault('after object key')
    this.#at += 1
    return ''
  }

  #pathIn({ end, path, key, index }: Container): string {
    if (end === ']') return `${path}[${index}]`
    return path === '' ? key : `${path}.${key}`
  }

  #scalar(): string {
    const first = this.#text[this.#at]
    if (first === '"') return this.#string()
    for (const word of ['true', 'false', 'null']) if (first === word[0]) return this.#literal(word)
    const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
    number.lastIndex = this.#at
    const found = number.exec(this.#text)
    if (found === null && first !== '-') return this.#fault('looking for beginning of value')
    if (found === null) {
      this.#at += 1
      return this.#fault('in numeric literal')
    }
    this.#at += found[0].length
    return ''
  }

  #literal(word: string): string {
    for (const expected of word) {
      if (this.#text[this.#at] !== expected) return this.#fault(`in literal ${word} (expecting '${expected}')`)
      this.#at += 1
    }
    return ''
  }

  #string(): string {
    for (this.#at += 1; this.#text[this.#at] !== '"'; this.#at += 1) {
      const character = this.#text[this.#at]
      if (character === undefined) return 'unexpected end of JSON input'
      if (character < ' ') return this.#fault('in string literal')
      if (character !== '\\') continue
      this.#at += 1
      if (!'"\\/bfnrtu'.includes(this.#text[this.#at] ?? '"')) return this.#fault('in string escape code')
    }
    this.#at += 1
    return ''
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1
  }

  #fault(where: string): string {
    const character = this.#text[this.#at]
    return character === undefined ? 'unexpected end of JSON input' : `invalid character ${quoted(character)} ${where}`
  }
}

const quoted = (character: string): string => (character === "'" ? "'\\''" : `'${character}'`)
