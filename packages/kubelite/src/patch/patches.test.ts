import { describe, expect, test } from 'vitest'
import { builtinNode } from '../schema/builtin.ts'
import { isObject } from '../schema/node.ts'
import { applyJsonPatch, sameJson } from './json-patch.ts'
import { applyMergePatch } from './merge-patch.ts'
import { applyStrategicMergePatch } from './strategic-merge.ts'

/** A small deterministic generator (mulberry32), so that a failure can be repeated from its seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

function anyJson(next: () => number, depth = 3): unknown {
  const kind = Math.floor(next() * (depth > 0 ? 6 : 4))
  if (kind === 0) return Math.floor(next() * 5)
  if (kind === 1) return ['a', 'b/c', '', '~x'][Math.floor(next() * 4)]
  if (kind === 2) return next() > 0.5
  if (kind === 3) return `s${Math.floor(next() * 3)}`
  if (kind === 4) return Array.from({ length: Math.floor(next() * 3) }, () => anyJson(next, depth - 1))
  return anyObject(next, depth)
}
function anyObject(next: () => number, depth = 3): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: Math.floor(next() * 4) }, () => [
      ['a', 'b', 'c/d', '~e'][Math.floor(next() * 4)] ?? 'a',
      anyJson(next, depth - 1),
    ]),
  )
}

/** The merge patch from one document to another. */
function mergeDiff(from: Record<string, unknown>, to: Record<string, unknown>): Record<string, unknown> {
  const patch: Record<string, unknown> = {}
  for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null
  for (const [key, value] of Object.entries(to)) {
    const before = from[key]
    if (isObject(before) && isObject(value)) patch[key] = mergeDiff(before, value)
    else if (!sameJson(before, value)) patch[key] = value
  }
  return patch
}

const seeds = Array.from({ length: 300 }, (_, index) => index + 1)

describe('merge patch', () => {
  test('a diff applied gives the other document; the input stays', () => {
    for (const seed of seeds) {
      const next = random(seed)
      const [from, to] = [anyObject(next), anyObject(next)]
      const copy = structuredClone(from)
      expect(applyMergePatch(from, mergeDiff(from, to)), `seed ${seed}`).toEqual(to)
      expect(from).toEqual(copy)
    }
  })
  test('applying twice is applying once', () => {
    for (const seed of seeds) {
      const next = random(seed)
      const [document, patch] = [anyObject(next), anyObject(next)]
      const once = applyMergePatch(document, patch)
      expect(applyMergePatch(once, patch), `seed ${seed}`).toEqual(once)
    }
  })
  test('__proto__ is a key like any other', () => {
    const merged = applyMergePatch({}, JSON.parse('{"__proto__":{"bad":true}}')) as Record<string, unknown>
    expect([Object.keys(merged), ({} as Record<string, unknown>).bad]).toEqual([['__proto__'], undefined])
  })
})

describe('JSON patch', () => {
  test('RFC 6902 appendix cases', () => {
    expect(applyJsonPatch({ foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }])).toEqual({
      foo: 'bar',
      baz: 'qux',
    })
    expect(applyJsonPatch({ foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }])).toEqual({
      foo: ['bar', 'qux', 'baz'],
    })
    expect(applyJsonPatch({ foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['abc'] }])).toEqual({
      foo: ['bar', ['abc']],
    })
    expect(
      applyJsonPatch({ foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } }, [
        { op: 'move', from: '/foo/waldo', path: '/qux/thud' },
      ]),
    ).toEqual({ foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } })
    expect(applyJsonPatch({ '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }])).toEqual({
      '/': 9,
      '~1': 10,
    })
  })
  test.each([
    [[{ op: 'add', path: '/a/b', value: 1 }]],
    [[{ op: 'remove', path: '/nope' }]],
    [[{ op: 'replace', path: '/nope', value: 1 }]],
    [[{ op: 'test', path: '/x', value: 2 }]],
    [[{ op: 'frob', path: '/x' }]],
    [[{ op: 'add', path: '/list/9', value: 1 }]],
    [[{ op: 'add', path: 'x', value: 1 }]],
    [[null]],
  ])('%j is refused and the document stays', (patch) => {
    const document = { x: 1, list: [1] }
    expect(() => applyJsonPatch(document, patch)).toThrow()
    expect(document).toEqual({ x: 1, list: [1] })
  })
  test('replace of the root and of every leaf', () => {
    for (const seed of seeds) {
      const document = anyObject(random(seed))
      const operations = Object.entries(document).map(([key]) => ({
        op: 'replace',
        path: `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        value: 'x',
      }))
      expect(applyJsonPatch(document, operations)).toEqual(
        Object.fromEntries(Object.keys(document).map((key) => [key, 'x'])),
      )
    }
  })
})

describe('strategic merge', () => {
  const pod = builtinNode('io.k8s.api.core.v1.Pod')
  const base = {
    spec: {
      containers: [
        { name: 'a', image: '1', args: ['x'] },
        { name: 'b', image: '1' },
      ],
      tolerations: [{ key: 'k' }],
    },
  }
  test('containers merge by name, args replace, tolerations are atomic', () => {
    const out = applyStrategicMergePatch(
      base,
      { spec: { containers: [{ name: 'a', args: ['y'] }], tolerations: [{ key: 'z' }] } },
      pod,
    )
    expect(out).toEqual({
      spec: {
        containers: [
          { name: 'a', image: '1', args: ['y'] },
          { name: 'b', image: '1' },
        ],
        tolerations: [{ key: 'z' }],
      },
    })
  })
  test('$patch: replace takes the list as it is', () => {
    expect(
      applyStrategicMergePatch(base, { spec: { containers: [{ name: 'c' }, { $patch: 'replace' }] } }, pod),
    ).toMatchObject({ spec: { containers: [{ name: 'c' }] } })
  })
  test('an unknown directive is refused', () => {
    expect(() => applyStrategicMergePatch(base, { spec: { $patch: 'explode' } }, pod)).toThrow(/Unknown patch type/)
  })
  test('an item without its key is refused', () => {
    expect(() => applyStrategicMergePatch(base, { spec: { containers: [{ image: '2' }] } }, pod)).toThrow(
      /does not contain declared merge key: name/,
    )
  })
  test('without lists it is a merge patch', () => {
    const node = builtinNode('io.k8s.api.core.v1.ConfigMap')
    for (const seed of seeds) {
      const next = random(seed)
      const strings = () => Object.fromEntries(Object.keys(anyObject(next)).map((key) => [key, String(next())]))
      const [data, patch] = [{ data: strings() }, { data: strings() }]
      expect(applyStrategicMergePatch(data, patch, node)).toEqual(applyMergePatch(data, patch))
    }
  })
})
