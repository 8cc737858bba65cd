import { describe, expect, test } from 'vitest'
import { SearchEverything } from '../search/index.ts'
import { isNear, parseSearch, rankOf, ranks, withFilter } from './index.ts'

describe('reading what was typed', () => {
  test('words and filters, in any order and case', () => {
    expect(parseSearch(' Churn kind:Runs  in:telco,vision train KIND:pvc')).toEqual({
      text: 'Churn train',
      words: ['Churn', 'train'],
      kinds: ['run', 'object'],
      types: ['PersistentVolumeClaim'],
      workspaces: ['telco', 'vision'],
      faults: [],
    })
    expect(parseSearch('kind:people').kinds).toEqual(['person'])
  })

  test('quotes keep words together and filters words; a lone quote is a sign like others', () => {
    expect(parseSearch('"two words" "kind:run"').words).toEqual(['two words', 'kind:run'])
    expect(parseSearch('5" disk').words).toEqual(['5"', 'disk'])
    expect(parseSearch('""')).toMatchObject({ words: [], text: '' })
  })

  test('an address or a time is no filter', () => {
    expect(parseSearch('https://x.example/kind:run 12:30')).toMatchObject({
      words: ['https://x.example/kind:run', '12:30'],
      kinds: [],
    })
  })

  test('a kind that there is not is said, and not looked for as a word', () => {
    const { words, faults, kinds } = parseSearch('kind:spaceship x')
    expect([words, kinds]).toEqual([['x'], []])
    expect(faults[0]).toContain('There is no kind “spaceship”')
    expect(parseSearch('kind: in: x')).toMatchObject({ words: ['x'], faults: [] })
  })

  test.each([
    ['NUL and other controls', 'a\0b\u202ec\n', ['a', 'b', 'c']],
    ['half a pair of surrogates', 'x\ud800', ['x\ufffd']],
    ['signs of LIKE and of SQL', `%_\\'; drop table run;--`, [`%_\\';`, 'drop', 'table', 'run;--']],
  ])('%s', (_, input, words) => {
    expect(parseSearch(input).words).toEqual(words)
  })

  test('very much of it: the first words, cut', () => {
    const { words, faults } = parseSearch(`${'x'.repeat(10_000)} ${'a '.repeat(5_000)}`)
    expect(words).toHaveLength(8)
    expect(words[0]).toHaveLength(100)
    expect(faults).toEqual(['Only the first 8 words are looked for.'])
  })

  test('more than anybody types is refused by its field', () => {
    const { error } = SearchEverything.safeParse({ q: 'x'.repeat(10_000) })
    expect(error?.issues.map(({ path }) => path)).toEqual([['q']])
  })

  test('a filter is set, changed and taken away without touching the rest', () => {
    expect(withFilter('churn in:telco', 'kind', 'run')).toBe('kind:run churn in:telco')
    expect(withFilter('kind:run churn in:telco', 'kind', 'job')).toBe('kind:job churn in:telco')
    expect(withFilter('kind:run churn in:telco', 'in', '')).toBe('kind:run churn')
  })
})

describe('how well something fits', () => {
  const rank = (query: string, names: string[], details: string[] = []) => rankOf(parseSearch(query), names, details)

  test('exact, then the beginning, then words, then labels', () => {
    expect(rank('Churn', ['churn'])).toBe(ranks.exact)
    expect(rank('chu', ['churn'])).toBe(ranks.prefix)
    expect(rank('job churn', ['train-churn-job'])).toBe(ranks.words)
    expect(rank('vision churn', ['train-churn'], ['team=vision'])).toBe(ranks.details)
    expect(rank('vision churn', ['train-churn'], ['team=telco'])).toBeNull()
    expect(rank('kind:run', ['anything'])).toBe(ranks.words)
    expect(rank('%', ['churn'])).toBeNull()
  })

  test('slips of the keyboard are forgiven, other words are not', () => {
    const near = (query: string, name: string) => isNear(parseSearch(query), name)
    expect(near('chrun', 'train-churn-job')).toBe(true)
    expect(near('experment', 'My experiments')).toBe(true)
    expect(near('chrn trian', 'train_churn')).toBe(true)
    expect(near('tran', 'train')).toBe(true)
    expect(near('house', 'train-churn-job')).toBe(false)
    expect(near('abc', 'abd')).toBe(false)
    expect(near('kind:run', 'run')).toBe(false)
  })
})
