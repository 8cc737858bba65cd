import { describe, expect, it } from 'vitest'
import { expand } from './expand.ts'

const lookup = (name: string) => ({ VAR_A: 'A', EMPTY: '', DOLLAR: '$(VAR_A)' })[name]

describe('expand', () => {
  // From the table of Kubernetes' own expansion_test.go.
  it.each([
    ['$(VAR_A)', 'A'],
    ['___$(VAR_A)___', '___A___'],
    ['$(VAR_A)$(VAR_A)', 'AA'],
    ['$(DOLLAR)', '$(VAR_A)'],
    ['$$(VAR_A)', '$(VAR_A)'],
    ['$$$(VAR_A)', '$A'],
    ['$$$$(VAR_A)', '$$(VAR_A)'],
    ['$VAR_A', '$VAR_A'],
    ['$(VAR_A', '$(VAR_A'],
    ['$(UNKNOWN)', '$(UNKNOWN)'],
    ['$(EMPTY)x', 'x'],
    ['$', '$'],
    ['$$', '$'],
    ['a$', 'a$'],
    ['$()', '$()'],
    ['$((VAR_A))', '$((VAR_A))'],
    ['', ''],
  ])('%s → %s', (text, expected) => expect(expand(text, lookup)).toBe(expected))
})
