import { describe, expect, test } from 'vitest'
import { fieldsMatch, fieldsOf, parseFieldSelector } from './fields.ts'
import { formatSelector, parseSelector, selectorMatches, toSelector } from './labels.ts'

describe('label selectors', () => {
  test.each([
    ['', { a: 'b' }, true],
    ['a=b', { a: 'b' }, true],
    ['a=b,c!=d', { a: 'b' }, true],
    ['a!=b', {}, true],
    ['a in (x, y)', { a: 'y' }, true],
    ['a notin (x,y)', { a: 'z' }, true],
    ['a notin (x,y)', {}, true],
    ['a', {}, false],
    ['!a', {}, true],
    ['a>3', { a: '4' }, true],
    ['a<3', { a: '4' }, false],
    ['example.dev/a=', { 'example.dev/a': '' }, true],
    ['a in ()', { a: '' }, true],
  ])('%s on %j is %s', (text, labels, expected) => {
    expect(selectorMatches(parseSelector(text), labels as Record<string, string>)).toBe(expected)
  })
  test.each(['a in red', 'a=b c', 'a in (b', '=b', 'a=b,,', '!a=b', 'a b', `a=${'x'.repeat(64)}`])(
    '%s is refused',
    (text) => {
      expect(() => parseSelector(text)).toThrow()
    },
  )
  test('the text of a selector object parses to the same selection', () => {
    const selector = {
      matchLabels: { app: 'x' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['b', 'a'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    }
    expect(formatSelector(selector)).toBe('!old,app=x,tier in (a,b)')
    for (const labels of [{ app: 'x', tier: 'a' }, { app: 'x' }, { app: 'x', tier: 'b', old: '' }]) {
      expect(selectorMatches(parseSelector(formatSelector(selector)), labels as Record<string, string>)).toBe(
        selectorMatches(toSelector(selector), labels as Record<string, string>),
      )
    }
  })
})

describe('field selectors', () => {
  const kind = { key: '/pods', kind: 'Pod' }
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'n' },
    spec: { nodeName: 'x' },
    status: { phase: 'Running' },
  }
  test.each([
    ['spec.nodeName=x', true],
    ['spec.nodeName!=x', false],
    ['status.phase==Running,metadata.name=a', true],
    ['status.podIP=', true],
  ])('%s is %s', (text, expected) => {
    expect(fieldsMatch(parseFieldSelector(text, fieldsOf('/pods'), kind), pod)).toBe(expected)
  })
  test('a field that is not offered is refused', () => {
    expect(() => parseFieldSelector('spec.foo=x', fieldsOf('/pods'), kind)).toThrow(
      'field label not supported: spec.foo',
    )
  })
})
