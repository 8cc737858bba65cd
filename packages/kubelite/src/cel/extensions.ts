/**
 * The functions that Kubernetes adds to CEL (apiserver/pkg/cel/library): lists, strings, regular expressions, URLs, quantities,
 * addresses, named formats, sets. A rule that calls one which is not here does not compile, and its CRD is refused by name.
 */
import { BlockList, isIP, isIPv4 } from 'node:net'
import { Environment, Optional } from '@marcbachmann/cel-js'
import { nameFault } from '../kinds/names.ts'
import { goRegExp } from '../schema/go-regexp.ts'
import { parseQuantity } from '../schema/parse-quantity.ts'
import { canonicalQuantity } from '../schema/quantity.ts'

class Quantity {
  readonly amount: number
  constructor(text: string) {
    if (canonicalQuantity(text) === null) throw new Error('quantities must match the regular expression')
    this.amount = parseQuantity(text)
  }
}
class Address {
  readonly text: string
  readonly family: 4 | 6
  constructor(text: string) {
    if (isIP(text) === 0) throw new Error(`IP Address ${JSON.stringify(text)} parse error`)
    this.text = text
    this.family = isIPv4(text) ? 4 : 6
  }
}
class Range {
  readonly address: Address
  readonly bits: number
  readonly #list = new BlockList()
  constructor(text: string) {
    const [address = '', bits = ''] = text.split('/')
    this.address = new Address(address)
    this.bits = Number(bits)
    if (!/^\d+$/.test(bits) || this.bits > (this.address.family === 4 ? 32 : 128))
      throw new Error(`network address parse error during conversion from string: ${JSON.stringify(text)}`)
    this.#list.addSubnet(address, this.bits, this.address.family === 4 ? 'ipv4' : 'ipv6')
  }
  has(other: Address): boolean {
    return this.#list.check(other.text, other.family === 4 ? 'ipv4' : 'ipv6')
  }
}

const works = (make: () => unknown): boolean => {
  try {
    make()
    return true
  } catch {
    return false
  }
}

/** An absolute URL or path, as Go's `url.ParseRequestURI` takes it. */
function parseUrl(text: string): URL {
  if (text.startsWith('/')) return new URL(text, 'path://')
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text) || !URL.canParse(text))
    throw new Error(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
    )
  return new URL(text)
}
const schemeOf = (url: URL) => (url.protocol === 'path:' ? '' : url.protocol.slice(0, -1))

type Ordered = string | number | bigint | Date
const compare = (a: Ordered, b: Ordered): number => (a < b ? -1 : a > b ? 1 : 0)
const ordered = ['int', 'double', 'string', 'bool', 'google.protobuf.Duration', 'google.protobuf.Timestamp']

function edge(list: readonly Ordered[], sign: 1 | -1): Ordered {
  const [first, ...rest] = list
  if (first === undefined) throw new Error(`${sign === 1 ? 'max' : 'min'} called on empty list`)
  return rest.reduce((best, item) => (compare(item, best) * sign > 0 ? item : best), first)
}

class Sets {}

function addLists(env: Environment): void {
  env.registerType('Sets', { ctor: Sets, fields: {} })
  env.registerConstant('sets', 'Sets', new Sets())
  for (const type of ordered) {
    env.registerFunction(`list<${type}>.isSorted(): bool`, (list: Ordered[]) =>
      list.every((item, index) => index === 0 || compare(list[index - 1] ?? item, item) <= 0),
    )
    env.registerFunction(`list<${type}>.min(): ${type}`, (list: Ordered[]) => edge(list, -1))
    env.registerFunction(`list<${type}>.max(): ${type}`, (list: Ordered[]) => edge(list, 1))
    env.registerFunction(`list<${type}>.sort(): list<${type}>`, (list: Ordered[]) => [...list].sort(compare))
  }
  env.registerFunction('list<int>.sum(): int', (list: bigint[]) => list.reduce((a, b) => a + b, 0n))
  env.registerFunction('list<double>.sum(): double', (list: number[]) => list.reduce((a, b) => a + b, 0))
  for (const type of ['int', 'double', 'string', 'bool', 'dyn']) {
    env.registerFunction(`list<${type}>.indexOf(${type}): int`, (list: unknown[], item: unknown) =>
      BigInt(list.indexOf(item)),
    )
    env.registerFunction(`list<${type}>.lastIndexOf(${type}): int`, (list: unknown[], item: unknown) =>
      BigInt(list.lastIndexOf(item)),
    )
    env.registerFunction(`list<${type}>.distinct(): list<${type}>`, (list: unknown[]) => [...new Set(list)])
    env.registerFunction(
      `list<${type}>.slice(int, int): list<${type}>`,
      (list: unknown[], from: bigint, to: bigint) => {
        if (from < 0n || to < from || to > BigInt(list.length))
          throw new Error(`cannot slice(${from}, ${to}), list has length ${list.length}`)
        return list.slice(Number(from), Number(to))
      },
    )
    env.registerFunction(`Sets.contains(list<${type}>, list<${type}>): bool`, (_: Sets, a: unknown[], b: unknown[]) =>
      b.every((item) => a.includes(item)),
    )
    env.registerFunction(`Sets.intersects(list<${type}>, list<${type}>): bool`, (_: Sets, a: unknown[], b: unknown[]) =>
      b.some((item) => a.includes(item)),
    )
    env.registerFunction(
      `Sets.equivalent(list<${type}>, list<${type}>): bool`,
      (_: Sets, a: unknown[], b: unknown[]) =>
        b.every((item) => a.includes(item)) && a.every((item) => b.includes(item)),
    )
  }
}

function addStrings(env: Environment): void {
  const limit = (pattern: string) => goRegExp(pattern, 'g')
  env.registerFunction('string.charAt(int): string', (text: string, at: bigint) => {
    if (at < 0n || at > BigInt(text.length)) throw new Error(`index out of range: ${at}`)
    return text.charAt(Number(at))
  })
  env.registerFunction('string.replace(string, string): string', (text: string, old: string, by: string) =>
    text.replaceAll(old, () => by),
  )
  env.registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
  env.registerFunction(
    'string.find(string): string',
    (text: string, pattern: string) => goRegExp(pattern).exec(text)?.[0] ?? '',
  )
  env.registerFunction(
    'string.findAll(string): list<string>',
    (text: string, pattern: string) => text.match(limit(pattern)) ?? [],
  )
  env.registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, count: bigint) => {
    const found = text.match(limit(pattern)) ?? []
    return count < 0n ? found : found.slice(0, Number(count))
  })
}

function addUrls(env: Environment): void {
  env.registerType('URL', { ctor: URL, fields: {} })
  env.registerFunction('isURL(string): bool', (text: string) => works(() => parseUrl(text)))
  env.registerFunction('url(string): URL', parseUrl)
  env.registerFunction('URL.getScheme(): string', schemeOf)
  env.registerFunction('URL.getHost(): string', (url: URL) => url.host)
  env.registerFunction('URL.getHostname(): string', (url: URL) => url.hostname.replaceAll(/^\[|\]$/g, ''))
  env.registerFunction('URL.getPort(): string', (url: URL) => url.port)
  env.registerFunction('URL.getEscapedPath(): string', (url: URL) => url.pathname)
  env.registerFunction(
    'URL.getQuery(): map<string, list<string>>',
    (url: URL) => new Map([...url.searchParams.keys()].map((key) => [key, url.searchParams.getAll(key)])),
  )
}

function addQuantities(env: Environment): void {
  env.registerType('Quantity', { ctor: Quantity, fields: {} })
  env.registerFunction('isQuantity(string): bool', (text: string) => canonicalQuantity(text) !== null)
  env.registerFunction('quantity(string): Quantity', (text: string) => new Quantity(text))
  env.registerFunction('Quantity.isGreaterThan(Quantity): bool', (a: Quantity, b: Quantity) => a.amount > b.amount)
  env.registerFunction('Quantity.isLessThan(Quantity): bool', (a: Quantity, b: Quantity) => a.amount < b.amount)
  env.registerFunction('Quantity.compareTo(Quantity): int', (a: Quantity, b: Quantity) =>
    BigInt(compare(a.amount, b.amount)),
  )
  env.registerFunction('Quantity.sign(): int', (a: Quantity) => BigInt(Math.sign(a.amount)))
  env.registerFunction('Quantity.isInteger(): bool', (a: Quantity) => Number.isInteger(a.amount))
  env.registerFunction('Quantity.asInteger(): int', (a: Quantity) => BigInt(a.amount))
  env.registerFunction('Quantity.asApproximateFloat(): double', (a: Quantity) => a.amount)
  env.registerFunction(
    'Quantity.add(Quantity): Quantity',
    (a: Quantity, b: Quantity) => new Quantity(String(a.amount + b.amount)),
  )
  env.registerFunction(
    'Quantity.sub(Quantity): Quantity',
    (a: Quantity, b: Quantity) => new Quantity(String(a.amount - b.amount)),
  )
  env.registerOperator('Quantity == Quantity', (a: Quantity, b: Quantity) => a.amount === b.amount)
}

function addAddresses(env: Environment): void {
  env.registerType('IP', { ctor: Address, fields: {} })
  env.registerType('CIDR', { ctor: Range, fields: {} })
  env.registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
  env.registerFunction('ip(string): IP', (text: string) => new Address(text))
  env.registerFunction('IP.family(): int', (address: Address) => BigInt(address.family))
  env.registerFunction('string(IP): string', (address: Address) => address.text)
  env.registerFunction('isCIDR(string): bool', (text: string) => works(() => new Range(text)))
  env.registerFunction('cidr(string): CIDR', (text: string) => new Range(text))
  env.registerFunction('CIDR.ip(): IP', (range: Range) => range.address)
  env.registerFunction('CIDR.prefixLength(): int', (range: Range) => BigInt(range.bits))
  env.registerFunction('CIDR.containsIP(string): bool', (range: Range, text: string) => range.has(new Address(text)))
  env.registerFunction('CIDR.containsIP(IP): bool', (range: Range, address: Address) => range.has(address))
  env.registerFunction('CIDR.containsCIDR(string): bool', (range: Range, text: string) => holds(range, new Range(text)))
  env.registerFunction('CIDR.containsCIDR(CIDR): bool', holds)
}
const holds = (outer: Range, inner: Range): boolean => inner.bits >= outer.bits && outer.has(inner.address)

class Format {
  readonly faults: (text: string) => readonly string[]
  constructor(faults: (text: string) => readonly string[]) {
    this.faults = faults
  }
}
class Formats {}

/** `format.dns1123Label().validate(text)`: an optional list of faults, none when the text is right. */
function addFormats(env: Environment): void {
  env.registerType('Format', { ctor: Format, fields: {} })
  env.registerType('Formats', { ctor: Formats, fields: {} })
  env.registerConstant('format', 'Formats', new Formats())
  const named: Record<string, Format> = {
    dns1123Label: new Format((text) => nameFault(text, 'label')),
    dns1123Subdomain: new Format((text) => nameFault(text, 'subdomain')),
    dns1035Label: new Format((text) => nameFault(text, 'label1035')),
    uri: new Format((text) => (works(() => parseUrl(text)) ? [] : [`${text} is not a URI`])),
    uuid: new Format((text) =>
      /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text) ? [] : ['does not match the UUID format'],
    ),
    byte: new Format((text) => (/^[A-Za-z0-9+/]*={0,2}$/.test(text) ? [] : ['invalid base64'])),
  }
  for (const [name, format] of Object.entries(named)) env.registerFunction(`Formats.${name}(): Format`, () => format)
  env.registerFunction('Format.validate(string): optional<list<string>>', (format: Format, text: string) => {
    const faults = format.faults(text)
    return faults.length === 0 ? Optional.none() : Optional.of([...faults])
  })
}

/** Made once; rules are compiled in clones of it. */
export function kubernetesEnvironment(): Environment {
  const env = new Environment({ enableOptionalTypes: true, limits: { maxListElements: 10_000, maxAstNodes: 20_000 } })
  for (const add of [addLists, addStrings, addUrls, addQuantities, addAddresses, addFormats]) add(env)
  return env
}
