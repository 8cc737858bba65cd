import { describe, expect, test } from 'vitest'
import { builtinNode } from '../schema/builtin.ts'
import { changedFields, type FieldTree, fieldsIn, intersect, isEmptyTree, subtract, union } from './field-tree.ts'

const trees: FieldTree[] = [
  {},
  { 'f:a': {} },
  { 'f:a': {}, 'f:b': { 'f:c': {} } },
  { 'f:b': { 'f:c': {}, 'f:d': {} } },
  { 'f:l': { 'k:{"name":"x"}': { '.': {}, 'f:v': {} } } },
  { 'f:l': { 'k:{"name":"x"}': { 'f:w': {} }, 'k:{"name":"y"}': {} } },
]

describe('sets of fields', () => {
  test('laws of sets', () => {
    for (const a of trees) {
      expect(subtract(a, a)).toEqual({})
      expect(intersect(a, a)).toEqual(a)
      expect(union(a, {})).toEqual(a)
      for (const b of trees) {
        expect(union(a, b)).toEqual(union(b, a))
        expect(intersect(a, b)).toEqual(intersect(b, a))
        expect(isEmptyTree(intersect(subtract(a, b), b))).toBe(true)
        expect(union(subtract(a, b), intersect(a, b))).toEqual(a)
      }
    }
  })

  const node = builtinNode('io.k8s.api.apps.v1.Deployment')
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'x', labels: { a: 'b' } },
    spec: { replicas: 1, template: { spec: { containers: [{ name: 'c', image: 'i' }] } } },
  }

  test('names of an object’s fields: lists by their key, identity left out', () => {
    expect(fieldsIn(object, node)).toEqual({
      'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
      'f:spec': {
        'f:replicas': {},
        'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {} } } } },
      },
    })
  })

  test('what changed, and only that', () => {
    const after = structuredClone(object)
    after.spec.replicas = 2
    Object.assign(after.spec.template.spec.containers[0] ?? {}, { image: 'j' })
    expect(changedFields(object, after, node)).toEqual({
      set: {
        'f:spec': {
          'f:replicas': {},
          'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { 'f:image': {} } } } },
        },
      },
      removed: {},
    })
    expect(changedFields(object, structuredClone(object), node)).toEqual({ set: {}, removed: {} })
  })
})
