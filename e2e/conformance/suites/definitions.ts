/** CustomResourceDefinitions themselves: names and their conflicts, versions, what a definition may not say. */
import { randomBytes } from 'node:crypto'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json, Subject } from '../cluster.ts'

const free = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
const version = (name: string, storage: boolean, more: object = {}) => ({
  name,
  served: true,
  storage,
  schema: free,
  ...more,
})
const property = (schema: object) => ({ openAPIV3Schema: { type: 'object', properties: { a: schema } } })

export function definitionSuite({ cluster }: Subject): void {
  describe('custom resource definitions', () => {
    const group = `def${randomBytes(3).toString('hex')}.example.dev`
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    const crd = (plural: string, names: object, spec: object = {}) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: { group, scope: 'Namespaced', names: { plural, ...names }, versions: [version('v1', true)], ...spec },
    })
    const read = async (plural: string): Promise<Json> => (await cluster().get(`${crds}/${plural}.${group}`)).body
    const conditions = (body: Json) =>
      (body.status.conditions ?? []).map((item: Json) => `${item.type}=${item.status} ${item.reason}`)
    const established = (plural: string) =>
      eventually(async () => expect(conditions(await read(plural))).toContain('Established=True InitialNamesAccepted'))
    let ns = ''

    beforeAll(async () => {
      ns = await cluster().namespace()
      const first = crd(
        'firsts',
        { kind: 'First', shortNames: ['fst'] },
        {
          versions: [
            version('v1', true),
            version('v1beta1', false, { deprecated: true }),
            version('v1alpha1', false, { deprecated: true, deprecationWarning: 'go to v1' }),
          ],
        },
      )
      expect((await cluster().post(crds, first)).body.status).toEqual({
        conditions: null,
        acceptedNames: { plural: '', kind: '' },
        storedVersions: ['v1'],
      })
      await established('firsts')
      await eventually(async () => (await cluster().get(`/apis/${group}/v1/firsts`)).status === 200, {
        timeoutMs: 15_000,
      })
    })
    afterAll(async () => {
      for (const plural of ['firsts', 'seconds', 'moved', 'looses']) await cluster().del(`${crds}/${plural}.${group}`)
    })

    test('a name that another has is not accepted, and is when it is free', async () => {
      expect((await cluster().post(crds, crd('seconds', { kind: 'Second', shortNames: ['fst'] }))).status).toBe(201)
      await eventually(async () =>
        expect(conditions(await read('seconds'))).toEqual([
          'NamesAccepted=False ShortNamesConflict',
          'Established=False NotAccepted',
        ]),
      )
      const waiting = await read('seconds')
      expect(waiting.status.acceptedNames).toEqual({
        plural: 'seconds',
        singular: 'second',
        kind: 'Second',
        listKind: 'SecondList',
      })
      expect(waiting.status.conditions[0].message).toBe('"fst" is already in use')
      expect((await cluster().get(`/apis/${group}/v1/seconds`)).status).toBe(404)
      await cluster().merge(`${crds}/seconds.${group}`, { spec: { names: { shortNames: ['snd'] } } })
      await established('seconds')
    })

    test('versions in which objects are stored stay', async () => {
      const both = [version('v1', true), version('v2', false)]
      await cluster().post(crds, crd('moved', { kind: 'Moved' }, { versions: both }))
      await established('moved')
      const change = (versions: object[]) => cluster().merge(`${crds}/moved.${group}`, { spec: { versions } })
      const moved = await change([version('v1', false), version('v2', true)])
      expect(moved.body.status.storedVersions).toEqual(['v1', 'v2'])
      const refused = await change([version('v2', true)])
      expect([refused.status, refused.body.details.causes[0].field]).toEqual([422, 'status.storedVersions[0]'])
      const told = await cluster().merge(`${crds}/moved.${group}/status`, { status: { storedVersions: ['v2'] } })
      expect(told.body.status.storedVersions).toEqual(['v2'])
      expect((await change([version('v2', true)])).status).toBe(200)
    })

    test('group, scope, plural and kind stay', async () => {
      const refused = await cluster().merge(`${crds}/firsts.${group}`, {
        spec: { scope: 'Cluster', names: { kind: 'X' } },
      })
      expect(refused.body.details.causes.map((cause: Json) => [cause.field, cause.message])).toEqual([
        ['spec.scope', 'Invalid value: "Cluster": field is immutable'],
        ['spec.names.kind', 'Invalid value: "X": field is immutable'],
      ])
    })

    test('a deprecated version warns', async () => {
      const warning = async (name: string) => (await cluster().get(`/apis/${group}/${name}/firsts`)).headers.warning
      expect([await warning('v1'), await warning('v1beta1'), await warning('v1alpha1')]).toEqual([
        undefined,
        `299 - "${group}/v1beta1 First is deprecated; use ${group}/v1 First"`,
        '299 - "go to v1"',
      ])
    })

    test('OpenAPI v2 says only what kubectl can hold objects against', async () => {
      const text = { type: 'string' }
      const spec = {
        type: 'object',
        required: ['maybe', 'sure'],
        properties: {
          sure: text,
          maybe: { type: 'object', nullable: true, properties: { a: text } },
          template: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: text } },
          either: { type: 'object', properties: { a: text }, oneOf: [{ required: ['a'] }] },
          rows: {
            type: 'array',
            items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: text } },
          },
        },
      }
      const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } }
      const loose = crd('looses', { kind: 'Loose' }, { versions: [version('v1', true, { schema })] })
      expect((await cluster().post(crds, loose)).status).toBe(201)
      await eventually(
        async () => {
          const { body } = await cluster().get('/openapi/v2')
          const found = Object.entries<Json>(body.definitions).find(([name]) =>
            name.endsWith(`.${group.split('.')[0]}.v1.Loose`),
          )
          const first = Object.entries<Json>(body.definitions).find(([name]) =>
            name.endsWith(`.${group.split('.')[0]}.v1.First`),
          )
          expect(first?.[1]).toEqual({
            type: 'object',
            'x-kubernetes-group-version-kind': [{ group, version: 'v1', kind: 'First' }],
          })
          expect(found?.[1].properties.spec).toEqual({
            type: 'object',
            required: ['sure'],
            properties: {
              sure: text,
              maybe: {},
              template: { 'x-kubernetes-preserve-unknown-fields': true },
              either: { type: 'object', properties: { a: text } },
              rows: { type: 'array', items: { 'x-kubernetes-preserve-unknown-fields': true } },
            },
          })
        },
        { timeoutMs: 20_000 },
      )
    })

    test('managed fields name what was not there before with "."', async () => {
      const path = `/apis/${group}/v1/namespaces/${ns}/firsts`
      const made = await cluster().post(path, {
        apiVersion: `${group}/v1`,
        kind: 'First',
        metadata: { name: 'm', finalizers: ['a.b/c'] },
        spec: { a: { b: 1 } },
      })
      expect(made.body.metadata.managedFields[0].fieldsV1).toEqual({
        'f:metadata': { 'f:finalizers': { '.': {}, 'v:"a.b/c"': {} } },
        'f:spec': { '.': {}, 'f:a': { '.': {}, 'f:b': {} } },
      })
      await cluster().merge(`${path}/m`, { metadata: { finalizers: null } })
    })

    test.each<[string, object, string, string]>([
      [
        'two storage versions',
        { versions: [version('v1', true), version('v2', true)] },
        'spec.versions',
        'FieldValueInvalid',
      ],
      [
        'a version twice',
        { versions: [version('v1', true), version('v1', false)] },
        'spec.versions',
        'FieldValueInvalid',
      ],
      ['an unknown scope', { scope: 'No' }, 'spec.scope', 'FieldValueNotSupported'],
      [
        'no schema',
        { versions: [{ name: 'v1', served: true, storage: true }] },
        'spec.versions[0].schema.openAPIV3Schema',
        'FieldValueRequired',
      ],
      ['preserveUnknownFields', { preserveUnknownFields: true }, 'spec.preserveUnknownFields', 'FieldValueInvalid'],
      [
        'an unknown conversion',
        { conversion: { strategy: 'No' } },
        'spec.conversion.strategy',
        'FieldValueNotSupported',
      ],
      [
        'a warning without deprecation',
        { versions: [version('v1', true, { deprecationWarning: 'x' })] },
        'spec.versions[0].deprecationWarning',
        'FieldValueInvalid',
      ],
      [
        'a selectable field that is not there',
        { versions: [version('v1', true, { selectableFields: [{ jsonPath: '.spec.a' }] })] },
        'spec.selectableFields[0].jsonPath',
        'FieldValueInvalid',
      ],
      [
        'a column of no type',
        { versions: [version('v1', true, { additionalPrinterColumns: [{ name: 'a', type: 'no', jsonPath: '.x' }] })] },
        'spec.additionalPrinterColumns[0].type',
        'FieldValueInvalid',
      ],
      [
        'a scale path outside of status',
        {
          versions: [
            version('v1', true, {
              subresources: { scale: { specReplicasPath: '.spec.x', statusReplicasPath: '.spec.x' } },
            }),
          ],
        },
        'spec.subresources.scale.statusReplicasPath',
        'FieldValueInvalid',
      ],
    ])('%s is refused', async (_what, spec, field, reason) => {
      const refused = await cluster().post(`${crds}?dryRun=All`, crd('bads', { kind: 'Bad' }, spec))
      expect(refused.status).toBe(422)
      expect(refused.body.details.causes.map((cause: Json) => [cause.field, cause.reason])).toContainEqual([
        field,
        reason,
      ])
    })

    const list = (more: object, item: object = { x: { type: 'string' } }) => ({
      type: 'array',
      items: { type: 'object', properties: item },
      ...more,
    })
    test.each<[string, object, string, string]>([
      ['no type', {}, 'type', 'FieldValueRequired'],
      ['an unknown type', { type: 'no' }, 'type', 'FieldValueNotSupported'],
      ['a list without items', { type: 'array' }, 'items', 'FieldValueRequired'],
      [
        'a set of objects',
        list({ 'x-kubernetes-list-type': 'set' }),
        'items.x-kubernetes-map-type',
        'FieldValueInvalid',
      ],
      [
        'a map list without keys',
        list({ 'x-kubernetes-list-type': 'map' }),
        'x-kubernetes-list-map-keys',
        'FieldValueRequired',
      ],
      [
        'a key that is no property',
        list({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['z'] }),
        'x-kubernetes-list-map-keys',
        'FieldValueInvalid',
      ],
      [
        'a key that may be missing',
        list({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['x'] }),
        'items.properties[x].default',
        'FieldValueRequired',
      ],
      ['a default of another type', { type: 'string', default: 1 }, 'default', 'FieldValueTypeInvalid'],
      [
        'a default with unknown fields',
        { type: 'object', default: { z: 1 }, properties: { b: { type: 'string' } } },
        'default',
        'FieldValueInvalid',
      ],
      [
        'fields and free keys',
        { type: 'object', properties: { b: { type: 'string' } }, additionalProperties: { type: 'string' } },
        'additionalProperties',
        'FieldValueForbidden',
      ],
      ['a reference', { $ref: '#/x' }, '$ref', 'FieldValueForbidden'],
      ['a pattern that is none', { type: 'string', pattern: '(' }, 'pattern', 'FieldValueInvalid'],
      ['an embedded text', { type: 'string', 'x-kubernetes-embedded-resource': true }, 'type', 'FieldValueInvalid'],
      ['a type in a branch', { anyOf: [{ type: 'string' }] }, 'anyOf[0].type', 'FieldValueForbidden'],
    ])('a schema with %s is refused', async (_what, schema, field, reason) => {
      const spec = { versions: [{ ...version('v1', true), schema: property(schema) }] }
      const refused = await cluster().post(`${crds}?dryRun=All`, crd('bads', { kind: 'Bad' }, spec))
      expect(refused.status).toBe(422)
      expect(refused.body.details.causes.map((cause: Json) => [cause.field, cause.reason])).toContainEqual([
        `spec.validation.openAPIV3Schema.properties[a].${field}`,
        reason,
      ])
    })
  })
}
