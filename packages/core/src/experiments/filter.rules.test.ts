import { AppError } from '@keelson/process/app-error'
import { describe, expect, test } from 'vitest'
import { type Clause, parseFilter, parseOrder } from './filter.rules.ts'
import {
  experimentSurface,
  loggedModelSurface,
  modelVersionSurface,
  registeredModelSurface,
  runSurface,
} from './surfaces.rules.ts'

const surfaces = { runSurface, experimentSurface, loggedModelSurface, registeredModelSurface, modelVersionSurface }

/** A small generator with a seed, so that a failure can be repeated. */
function random(seed: number) {
  let state = seed
  const next = () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T
  return {
    next,
    pick,
    many: <T>(most: number, make: () => T) => Array.from({ length: Math.floor(next() * (most + 1)) }, make),
  }
}

describe('what is written comes back', () => {
  const keys = ['a', 'val/acc', 'a b', 'x.y.z', 'mlflow.runName', 'ü', 'a-b', 'AND', '1st']
  const texts = ['', 'x', 'a b', "it's", 'say "x"', '%', '100%', 'a AND b', '(1)', 'ünï', ';', '`']

  /** Writes a clause in one of the ways that the grammar has for it. */
  function write(clause: Clause, { pick, next }: ReturnType<typeof random>): string {
    const prefix = {
      metric: ['metric', 'metrics'],
      parameter: ['param', 'params', 'parameter', 'parameters'],
      tag: ['tag', 'tags'],
      attribute: ['attribute', 'attributes', 'attr', 'run'],
      dataset: ['dataset', 'datasets'],
    }[clause.type]
    const bare = /^[a-z_]+$/.test(clause.key)
    const quoted = bare && next() < 0.5 ? clause.key : `${pick(clause.key.includes('`') ? ['"'] : ['`', '"'])}`
    const name = quoted === clause.key ? clause.key : `${quoted}${clause.key}${quoted}`
    const operator = next() < 0.5 ? clause.comparator : clause.comparator.toLowerCase()
    const text = (value: string) => (value.includes("'") ? `"${value}"` : `'${value}'`)
    const value = Array.isArray(clause.value)
      ? `(${clause.value.map(text).join(', ')})`
      : typeof clause.value === 'string'
        ? text(clause.value)
        : clause.value === null
          ? ''
          : String(clause.value)
    const blank = pick(['', ' ', '  '])
    const wordy = /[A-Z]/i.test(operator)
    return `${pick(prefix)}.${name}${wordy ? ' ' : blank}${operator}${wordy ? ' ' : blank}${value}`
  }

  test('any conjunction, in any spelling', () => {
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const random_ = random(seed)
      const { pick, many } = random_
      const clause = (): Clause => {
        const type = pick(['metric', 'parameter', 'tag', 'attribute', 'dataset'] as const)
        if (type === 'metric')
          return {
            type,
            key: pick(keys),
            comparator: pick(['>', '>=', '<', '<=', '=', '!=']),
            value: pick([0, 1, -1.5, 0.001, 1e-9, 123456]),
          }
        if (type === 'attribute' && pick([true, false]))
          return {
            type,
            key: pick(['start_time', 'end_time']),
            comparator: pick(['>', '<=', '=']),
            value: pick([0, 1_700_000_000_000]),
          }
        if (type === 'attribute' && pick([true, false]))
          return {
            type,
            key: 'run_id',
            comparator: pick(['IN', 'NOT IN']),
            value: ['a', ...many(3, () => pick(['b', 'c d']))],
          }
        if ((type === 'parameter' || type === 'tag') && pick([true, false, false]))
          return { type, key: pick(keys), comparator: pick(['IS NULL', 'IS NOT NULL']), value: null }
        const key =
          type === 'attribute'
            ? pick(['status', 'run_name', 'user_id'])
            : type === 'dataset'
              ? pick(['name', 'digest', 'context'])
              : pick(keys)
        return {
          type,
          key,
          comparator: pick(['=', '!=', 'LIKE', 'ILIKE']),
          value: pick(texts.filter((text) => !(text.includes("'") && text.includes('"')))),
        }
      }
      const clauses = [clause(), ...many(4, clause)]
      const written = clauses.map((entry) => write(entry, random_)).join(pick([' AND ', ' and ', '  And\n']))
      expect(parseFilter(written, runSurface), `seed ${seed}: ${written}`).toEqual(clauses)
    }
  })

  test('any order', () => {
    expect(
      parseOrder(
        [
          'metrics.`val/acc` DESC',
          'params.a',
          'start_time asc',
          'tags."a b" Desc',
          'attributes.Created'.replace('attributes.Created', 'run_name'),
        ],
        runSurface,
      ),
    ).toEqual([
      { type: 'metric', key: 'val/acc', ascending: false },
      { type: 'parameter', key: 'a', ascending: true },
      { type: 'attribute', key: 'start_time', ascending: true },
      { type: 'tag', key: 'a b', ascending: false },
      { type: 'attribute', key: 'run_name', ascending: true },
    ])
    expect(() => parseOrder(['metrics.a', 'metrics.a DESC'], runSurface)).toThrow('duplicate')
    expect(() => parseOrder(['dataset.name'], runSurface)).toThrow("Invalid identifier type 'dataset'")
  })
})

describe('whatever else comes', () => {
  const bits = [
    'metrics.',
    'params.',
    'a',
    '`',
    '"',
    "'",
    '(',
    ')',
    ' ',
    '=',
    '!=',
    '>',
    '<>',
    'AND',
    'OR',
    'NOT',
    'IN',
    'LIKE',
    'IS',
    'NULL',
    '1',
    '-2.5e3',
    ',',
    ';',
    '--',
    '/*',
    '\\',
    '.',
    '\0',
    '\n',
    'ü',
    '𝔘',
    'DESC',
    '%',
    '$1',
  ]

  test('is parsed or refused as invalid, however long', () => {
    for (let seed = 1; seed <= 5_000; seed += 1) {
      const { pick, many } = random(seed)
      const text = many(14, () => pick(bits)).join('')
      for (const surface of Object.values(surfaces)) {
        for (const parse of [() => parseFilter(text, surface), () => parseOrder([text], surface)]) {
          try {
            parse()
          } catch (error) {
            expect(error, `seed ${seed}: ${text}`).toBeInstanceOf(AppError)
            expect((error as AppError).code).toBe('invalid')
          }
        }
      }
    }
    for (const long of [
      "'".repeat(50_001),
      '('.repeat(50_000),
      '`'.repeat(50_001),
      `metrics.${'a.'.repeat(30_000)}`,
      `run_id IN (${"'a',".repeat(12_000)})`,
    ])
      expect(() => parseFilter(long, runSurface)).toThrow()
  })

  test.each([
    ["params.a = '1' OR params.b = '2'", 'Invalid clause(s)'],
    ["(params.a = '1')", 'Invalid clause(s)'],
    ["params.a = '1' params.b = '2'", 'Invalid clause(s)'],
    ["params.a = '1' AND", 'Invalid clause(s)'],
    ["AND params.a = '1'", 'Invalid clause(s)'],
    ['params.lr > 3', 'Expected a quoted string value for parameter'],
    ["params.lr > '3'", "Invalid comparator '>'"],
    ["metrics.a = 'x'", 'Expected numeric value type for metric'],
    ["5 = '5'", "Expected 'Identifier' found '5'"],
    ["tags.a RLIKE 'x'", "Invalid comparator 'RLIKE'"],
    ["constructor.a = 'x'", "Invalid entity type 'constructor'"],
    ["__proto__ = 'x'", "Invalid attribute key '__proto__'"],
    ["params.a = '1'; drop table run", 'multiple expression'],
    ['metrics.a IS NULL', 'only supported for tags and params'],
  ])('%s', (filter, message) => {
    expect(() => parseFilter(filter, runSurface)).toThrow(message)
  })
})
