import { describe, expect, it } from 'vitest'
import { changesOf, merge } from './changes.rules.ts'
import { fieldsIn } from './faults.rules.ts'
import { schemaOf } from './schema.rules.ts'
import { parseMapping, toYaml } from './yaml.rules.ts'

describe('YAML', () => {
  // What `kubectl create --dry-run=client -o json` of 1.36 makes of them.
  it.each([
    ['yes', true],
    ['n', false],
    ['Off', false],
    ['0755', 493],
    ['0x1F', 31],
    ['1_000', 1000],
    ['1.10', 1.1],
    ['08', 8],
    ['12:30:45', '12:30:45'],
    ['2001-01-01', '2001-01-01'],
    ['2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z'],
    ['Null', null],
  ])('%s is read as kubectl reads it', (text, value) => {
    expect(parseMapping(`v: ${text}`)).toEqual({ v: value })
  })

  it.each(['yes', 'n', '0755', '1e3', '12:30:45', 'null', '', ' padded ', 'a: b', '# no', 'two\nlines\n', 'tab\there'])(
    'the text %j stays a text',
    (text) => {
      expect(parseMapping(toYaml({ v: text }))).toEqual({ v: text })
    },
  )

  it('merges of `<<` are read, aliases without end are refused', () => {
    expect(parseMapping('base: &b { a: 1 }\nv: { <<: *b, c: 2 }')).toMatchObject({ v: { a: 1, c: 2 } })
    const levels = Array.from({ length: 9 }, (_, level) => {
      const name = String.fromCharCode(97 + level)
      const inner = level === 0 ? 'lol' : `*${String.fromCharCode(96 + level)}`
      return `${name}: &${name} [${Array.from({ length: 10 }, () => inner).join(', ')}]`
    })
    expect(() => parseMapping(levels.join('\n'))).toThrow(/alias/)
  })

  it.each([
    ['a: 1\n---\nb: 2', /found 2/],
    ['a: 1\na: 2', /unique/],
    ['- a', /Expected an object/],
    ['', /Expected/],
    ['a: [', /./],
  ])('%j is refused', (text, message) => {
    expect(() => parseMapping(text)).toThrow(message)
  })

  it('a text may end with its document’s end', () => {
    expect(parseMapping('---\na: 1\n---\n')).toEqual({ a: 1 })
  })
})

describe('changes', () => {
  it('are named at their innermost place', () => {
    const before = { spec: { containers: [{ image: 'a', name: 'm' }] }, data: { 'app.conf': 'x', old: '1' } }
    const after = { spec: { containers: [{ image: 'b', name: 'm' }] }, data: { 'app.conf': 'y', new: '2' } }
    expect(changesOf(before, after)).toEqual([
      { path: 'spec.containers[0].image', before: 'a', after: 'b' },
      { path: 'data[app.conf]', before: 'x', after: 'y' },
      { path: 'data.old', before: '1' },
      { path: 'data.new', after: '2' },
    ])
  })

  it.each([
    ['each changed another field', { a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 2 }, { a: 2, b: 2 }, []],
    ['both made the same change', { a: 1 }, { a: 2 }, { a: 2 }, { a: 2 }, []],
    ['both changed one field', { a: 1 }, { a: 2 }, { a: 3 }, { a: 2 }, ['a']],
    ['I took a field away', { a: 1, b: 1 }, { b: 1 }, { a: 1, b: 2 }, { b: 2 }, []],
    ['they took it away', { a: 1, b: 1 }, { a: 1, b: 2 }, { b: 1 }, { b: 2 }, []],
    ['they took away what I changed', { a: 1 }, { a: 2 }, {}, { a: 2 }, ['a']],
    ['within a list of one length', [{ x: 1, y: 1 }], [{ x: 2, y: 1 }], [{ x: 1, y: 2 }], [{ x: 2, y: 2 }], []],
    ['a list that both made longer', { l: [1] }, { l: [1, 2] }, { l: [1, 3] }, { l: [1, 2] }, ['l']],
    [
      'a list that only they made longer',
      { l: [1], a: 1 },
      { l: [1], a: 2 },
      { l: [1, 3], a: 1 },
      { l: [1, 3], a: 2 },
      [],
    ],
    ['both added a mapping', {}, { m: { a: 1 } }, { m: { b: 2 } }, { m: { a: 1, b: 2 } }, []],
  ])('are merged: %s', (_, base, mine, theirs, value, clashes) => {
    expect(merge(base, mine, theirs)).toEqual({ value, clashes })
  })
})

it('the fields that a decoder’s message names', () => {
  expect(fieldsIn('strict decoding error: unknown field "metadata.nome", duplicate field "dota"')).toEqual([
    { field: 'metadata.nome', message: 'There is no such field.' },
    { field: 'dota', message: 'The field is there twice.' },
  ])
  expect(fieldsIn('json: cannot unmarshal string into Go struct field JobSpec.spec.parallelism of type int32')).toEqual(
    [{ field: 'spec.parallelism', message: 'Expected a whole number, found string.' }],
  )
  expect(fieldsIn('admission webhook denied the request')).toEqual([])
})

it('a schema has all that it refers to, once, also where it refers to itself', () => {
  const schemas = {
    Root: {
      type: 'object',
      properties: { next: { allOf: [{ $ref: '#/components/schemas/Node' }], description: 'The first.', default: {} } },
      'x-kubernetes-group-version-kind': [{ group: 'g', version: 'v1', kind: 'Root' }],
    },
    Node: {
      type: 'object',
      properties: { next: { $ref: '#/components/schemas/Node' }, size: { $ref: '#/components/schemas/Size' } },
    },
    Size: { oneOf: [{ type: 'string' }, { type: 'number' }] },
    Other: { type: 'string' },
  }
  const document = { components: { schemas } }
  const found = schemaOf(document, { group: 'g', version: 'v1', kind: 'Root' })
  expect(found.root).toBe('Root')
  expect(Object.keys(found.definitions).sort()).toEqual(['Node', 'Root', 'Size'])
  expect(found.definitions.Root?.properties?.next).toEqual({ $ref: 'Node', description: 'The first.' })
  expect(found.definitions.Size).toEqual({ intOrString: true })
  expect(schemaOf(document, { group: 'g', version: 'v2', kind: 'Root' })).toEqual({ root: null, definitions: {} })
})
