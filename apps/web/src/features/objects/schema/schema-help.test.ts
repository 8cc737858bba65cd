import type { ObjectSchema } from '@keelson/contracts/objects'
import { describe, expect, it } from 'vitest'
import { complete, hint } from './complete.ts'
import { containerOf } from './cursor-path.ts'
import { findMarks } from './find-marks.ts'
import { lineOf, parsePath, placeOf } from './yaml-text.ts'

const text = (value: string) => value.replace(/^\n/, '')
const schema: ObjectSchema = {
  root: 'Job',
  definitions: {
    Job: {
      type: 'object',
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { $ref: 'Meta' },
        spec: { $ref: 'JobSpec', description: 'What is wanted.' },
      },
    },
    Meta: {
      type: 'object',
      properties: { name: { type: 'string' }, labels: { type: 'object', additionalProperties: { type: 'string' } } },
    },
    JobSpec: {
      type: 'object',
      required: ['containers'],
      properties: {
        parallelism: { type: 'integer', description: 'How many at once.' },
        suspend: { type: 'boolean' },
        mode: { type: 'string', enum: ['Indexed', 'NonIndexed'] },
        containers: { type: 'array', items: { $ref: 'Container' } },
        extra: { type: 'object', open: true },
        limit: { intOrString: true },
      },
    },
    Container: {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string' },
        image: { type: 'string' },
        args: { type: 'array', items: { type: 'string' } },
      },
    },
  },
}

/** The text without its `|`, and where that was. */
function cursor(given: string): [string, number] {
  const position = given.indexOf('|')
  return [given.slice(0, position) + given.slice(position + 1), position]
}
const labelsAt = (given: string) => complete(schema, ...cursor(text(given)))?.options.map(({ label }) => label)

describe('where a line is', () => {
  it.each([
    ['spec:\n  par', 1, 2, ['spec']],
    ['spec:\n  containers:\n    - name: a\n      image: b', 3, 6, ['spec', 'containers', 0]],
    ['spec:\n  containers:\n  - name: a\n    image: b', 3, 4, ['spec', 'containers', 0]],
    ['spec:\n  containers:\n  - name: a\n  - name: b\n    image: c', 4, 4, ['spec', 'containers', 0]],
    ['spec:\n  containers:\n  - name: a\n  suspend: true', 3, 2, ['spec']],
    ['a:\n  b:\n    c: 1\n\n  # no\n  d: 2', 5, 2, ['a']],
    ['a:\n- - x: 1\n    y: 2', 2, 4, ['a', 0, 0]],
    ['kind: Job', 0, 0, []],
    ['data:\n  "app.conf": x\n  b', 2, 2, ['data']],
  ])('%j, line %i, column %i', (given, index, column, path) => {
    expect(containerOf(given.split('\n'), index, column)).toEqual(path)
  })
})

describe('completion', () => {
  it('offers the fields of a place that are not there yet, the required ones first', () => {
    expect(labelsAt('\nspec:\n  suspend: true\n  |\n  mode: Indexed\n')).toEqual([
      'containers',
      'parallelism',
      'extra',
      'limit',
    ])
    expect(labelsAt('\nspec:\n  containers:\n    - name: a\n      |\n    - image: b\n')).toEqual(['image', 'args'])
    expect(labelsAt('\nspec:\n  containers:\n    - |\n')).toEqual(['name', 'image', 'args'])
    expect(labelsAt('\n|\nkind: Job\n')).toEqual(['apiVersion', 'metadata', 'spec'])
  })

  it('offers the values of a field that has few', () => {
    expect(labelsAt('\nspec:\n  mode: |\n')).toEqual(['Indexed', 'NonIndexed'])
    expect(labelsAt('\nspec:\n  suspend: t|\n')).toEqual(['true', 'false'])
    expect(labelsAt('\nspec:\n  parallelism: |\n')).toBeUndefined()
  })

  it('opens what has fields or items of its own', () => {
    const inserts = (given: string) => complete(schema, ...cursor(given))?.options.map(({ insert }) => insert)
    expect(inserts('spec:\n  |')).toContain('containers:\n    - ')
    expect(inserts('|')).toContain('spec:\n  ')
    expect(inserts('spec:\n  |')).toContain('suspend: ')
    expect(inserts('spec:\n  containers:\n    |')).toContain('- name: ')
  })

  it('knows nothing where the schema knows nothing', () => {
    expect(labelsAt('\nspec:\n  extra:\n    |\n')).toEqual([])
    expect(labelsAt('\nnothing:\n  |\n')).toBeUndefined()
  })
})

it('a hint says type and purpose of the field under the pointer, and nothing of a value', () => {
  const given = 'spec:\n  parallelism: 2\n'
  expect(hint(schema, given, given.indexOf('llel'))).toMatchObject({
    title: 'parallelism: integer',
    text: 'How many at once.',
  })
  expect(hint(schema, given, given.indexOf('2'))).toBeNull()
  expect(hint(schema, 'spec:\n  containers: []\n', 8)?.title).toBe('containers: list of object, required')
})

describe('marks', () => {
  const marksOf = (given: string) =>
    findMarks(text(given), schema).map(({ from, message }) => `${lineOf(text(given), from)}: ${message}`)

  it.each([
    ['all is well', '\nkind: Job\nspec:\n  parallelism: 2\n  limit: 1\n  extra: { any: [1] }\n  containers: []\n', []],
    [
      'an unknown field',
      '\nspec:\n  containers: []\n  paralelism: 2\n',
      ['3: There is no field paralelism here. Did you mean parallelism?'],
    ],
    ['a wrong type', '\nspec:\n  containers: []\n  parallelism: two\n', ['3: Expected a whole number.']],
    ['a number for a text', '\nmetadata:\n  labels:\n    a: 1\n', ['3: Expected a string: put 1 in quotes.']],
    [
      'a value that is none of few',
      '\nspec: { containers: [], mode: Other }\n',
      ['1: Expected "Indexed" | "NonIndexed", found "Other".'],
    ],
    ['a missing field', '\nspec:\n  containers:\n    - image: a\n', ['2: Missing: name.']],
    ['a mapping for a list', '\nspec:\n  containers: { name: a }\n', ['2: Expected list of object, found a mapping.']],
    [
      'two documents',
      '\nkind: Job\n---\nkind: Job\n',
      ['2: One object is written at a time: this is a second document.'],
    ],
  ])('%s', (_, given, expected) => {
    expect(marksOf(given)).toEqual(expected)
  })

  it('a text that is no YAML is marked where it breaks', () => {
    expect(findMarks('a: [1\nb: 2\n', null)).not.toEqual([])
    expect(findMarks('', schema)).toEqual([])
  })

  it('an alias bomb is looked at once', () => {
    const bomb = Array.from(
      { length: 20 },
      (_, level) => `k${level}: &a${level} [${level ? `*a${level - 1}, *a${level - 1}` : 1}]`,
    )
    expect(findMarks(bomb.join('\n'), schema).length).toBe(20)
  })
})

it('finds the place of a server’s path, or the nearest above it', () => {
  const given = 'spec:\n  containers:\n    - name: a\n    - name: B b\ndata:\n  app.conf: x\n'
  const lineAt = (path: string) => lineOf(given, placeOf(given, parsePath(path)).from)
  expect(lineAt('spec.containers[1].name')).toBe(4)
  expect(lineAt('spec.containers[1].image')).toBe(4)
  expect(lineAt('spec.containers')).toBe(2)
  expect(lineAt('spec.template.spec')).toBe(1)
  expect(lineAt('data[app.conf]')).toBe(6)
})
