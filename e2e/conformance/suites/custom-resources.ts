import { randomBytes } from 'node:crypto'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json, Subject } from '../cluster.ts'

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
        name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['id'],
          items: {
            type: 'object',
            required: ['id'],
            properties: { id: { type: 'string' }, note: { type: 'string', default: 'none' } },
          },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        port: { 'x-kubernetes-int-or-string': true },
        maybe: { type: 'string', nullable: true },
      },
    },
    status: { type: 'object', properties: { size: { type: 'integer' }, phase: { type: 'string' } } },
  },
}

export function customResourceSuite({ cluster }: Subject): void {
  describe('custom resources', () => {
    const id = randomBytes(3).toString('hex')
    const group = `g${id}.example.dev`
    const crdPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions`
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `widgets.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget', shortNames: [`wd${id}`] },
        versions: ['v1', 'v1beta1'].map((name) => ({
          name,
          served: true,
          storage: name === 'v1',
          subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
          ],
          schema: { openAPIV3Schema: schema },
        })),
      },
    }
    let ns = ''
    const path = (name = '', version = 'v1') =>
      `/apis/${group}/${version}/namespaces/${ns}/widgets${name ? `/${name}` : ''}`
    const widget = (name: string, spec: object, version = 'v1') => ({
      apiVersion: `${group}/${version}`,
      kind: 'Widget',
      metadata: { name },
      spec,
    })
    const refusal = async (spec: object): Promise<Json> => (await cluster().post(path(), widget('bad', spec))).body

    beforeAll(async () => {
      ns = await cluster().namespace()
      const made = await cluster().post(crdPath, crd)
      expect(made.status).toBe(201)
      await eventually(async () => (await cluster().get(path())).status === 200, { timeoutMs: 15_000 })
    })
    afterAll(async () => {
      await cluster().del(`${crdPath}/widgets.${group}`)
    })

    test('the CRD says that it is established', async () => {
      await eventually(async () => {
        const { status } = (await cluster().get(`${crdPath}/widgets.${group}`)).body
        expect(status.conditions.map((item: Json) => [item.type, item.status, item.reason])).toEqual([
          ['NamesAccepted', 'True', 'NoConflicts'],
          ['Established', 'True', 'InitialNamesAccepted'],
        ])
        expect(status).toMatchObject({
          acceptedNames: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
          storedVersions: ['v1'],
        })
      })
    })

    test('defaults are filled, unknown fields pruned, free ones kept', async () => {
      const made = await cluster().post(
        path(),
        widget('d', { size: 1, bogus: 1, parts: [{ id: 'a' }], free: { any: { thing: 1 } } }),
      )
      expect(made.status).toBe(201)
      expect(made.body.spec).toEqual({
        size: 1,
        color: 'red',
        parts: [{ id: 'a', note: 'none' }],
        free: { any: { thing: 1 } },
      })
      expect(made.body.metadata.generation).toBe(1)
    })

    test('strict validation names the unknown field', async () => {
      const refused = await cluster().post(`${path()}?fieldValidation=Strict`, widget('s', { size: 1, bogus: 1 }))
      expect([refused.status, refused.body.message]).toEqual([
        400,
        `Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.bogus"`,
      ])
    })

    test.each([
      ['a required field', {}, 'FieldValueRequired', 'spec.size', 'Required value'],
      [
        'a wrong type',
        { size: 'x' },
        'FieldValueTypeInvalid',
        'spec.size',
        'Invalid value: "string": spec.size in body must be of type integer: "string"',
      ],
      [
        'a minimum',
        { size: 0 },
        'FieldValueInvalid',
        'spec.size',
        'Invalid value: 0: spec.size in body should be greater than or equal to 1',
      ],
      [
        'a maximum',
        { size: 11 },
        'FieldValueInvalid',
        'spec.size',
        'Invalid value: 11: spec.size in body should be less than or equal to 10',
      ],
      [
        'an enum',
        { size: 1, color: 'green' },
        'FieldValueNotSupported',
        'spec.color',
        'Unsupported value: "green": supported values: "red", "blue"',
      ],
      [
        'a pattern',
        { size: 1, name: 'A' },
        'FieldValueInvalid',
        'spec.name',
        'Invalid value: "A": spec.name in body should match \'^[a-z]+$\'',
      ],
      [
        'a length',
        { size: 1, name: 'abcdef' },
        'FieldValueTooLong',
        'spec.name',
        'Too long: may not be more than 5 bytes',
      ],
      [
        'a duplicate key',
        { size: 1, parts: [{ id: 'a' }, { id: 'a' }] },
        'FieldValueDuplicate',
        'spec.parts[1]',
        'Duplicate value: {"id":"a"}',
      ],
    ])('%s is checked', async (_what, spec, reason, field, message) => {
      const body = await refusal(spec)
      expect(body.code).toBe(422)
      expect(body.details.causes[0]).toEqual({ reason, field, message })
    })

    test('int-or-string takes both, nullable takes null', async () => {
      const made = await cluster().post(path(), widget('i', { size: 1, port: 'http', maybe: null }))
      expect([made.status, made.body.spec.port, made.body.spec.maybe]).toEqual([201, 'http', null])
      expect((await cluster().merge(path('i'), { spec: { port: 80 } })).body.spec.port).toBe(80)
    })

    test('status is apart: main writes leave it, its own writes leave the rest', async () => {
      await cluster().post(path(), { ...widget('st', { size: 1 }), status: { phase: 'Early' } })
      const read = (await cluster().get(path('st'))).body
      expect(read.status).toBeUndefined()
      const written = await cluster().merge(`${path('st')}/status`, {
        status: { phase: 'Ready', size: 1 },
        spec: { size: 9 },
        metadata: { labels: { a: 'b' } },
      })
      expect([written.status, written.body.spec.size, written.body.status, written.body.metadata.generation]).toEqual([
        200,
        1,
        { phase: 'Ready', size: 1 },
        1,
      ])
      expect(written.body.metadata.labels).toBeUndefined()
      const changed = await cluster().merge(path('st'), { spec: { size: 2 }, status: { phase: 'No' } })
      expect([changed.body.status.phase, changed.body.metadata.generation]).toEqual(['Ready', 2])
    })

    test('scale works along the declared paths', async () => {
      await cluster().post(path(), widget('sc', { size: 2 }))
      expect((await cluster().get(`${path('sc')}/scale`)).body).toMatchObject({ kind: 'Scale', spec: { replicas: 2 } })
      expect((await cluster().merge(`${path('sc')}/scale`, { spec: { replicas: 3 } })).body.spec.replicas).toBe(3)
      expect((await cluster().get(path('sc'))).body.spec.size).toBe(3)
    })

    test('both versions show the same object', async () => {
      await cluster().post(path('', 'v1beta1'), widget('v', { size: 4 }, 'v1beta1'))
      const [one, beta] = [(await cluster().get(path('v'))).body, (await cluster().get(path('v', 'v1beta1'))).body]
      expect([one.apiVersion, beta.apiVersion, one.metadata.uid === beta.metadata.uid]).toEqual([
        `${group}/v1`,
        `${group}/v1beta1`,
        true,
      ])
    })

    test('an update needs the resourceVersion', async () => {
      await cluster().post(path(), widget('rv', { size: 1 }))
      const refused = await cluster().put(path('rv'), widget('rv', { size: 2 }))
      expect([refused.status, refused.body.details.causes[0]]).toEqual([
        422,
        {
          reason: 'FieldValueInvalid',
          field: 'metadata.resourceVersion',
          message: 'Invalid value: 0: must be specified for an update',
        },
      ])
    })

    test('strategic merge is not offered, apply is', async () => {
      await cluster().post(path(), widget('sm', { size: 1 }))
      expect((await cluster().strategic(path('sm'), {})).status).toBe(415)
      const applied = await cluster().apply(path('sm'), 'me', widget('sm', { size: 1, parts: [{ id: 'z' }] }))
      expect([applied.status, applied.body.spec.parts]).toEqual([200, [{ id: 'z', note: 'none' }]])
    })

    test('printer columns', async () => {
      const { stdout } = await cluster().kubectl(['get', `wd${id}`, '-n', ns, 'st'])
      expect(stdout.split('\n')[0]?.split(/\s{2,}/)).toEqual(['NAME', 'SIZE', 'PHASE'])
      expect(stdout.split('\n')[1]?.split(/\s{2,}/)).toEqual(['st', '2', 'Ready'])
    })

    test('a schema that is not structural is refused', async () => {
      const bad = structuredClone(crd) as Json
      bad.metadata.name = `gadgets.${group}`
      bad.spec.names = { plural: 'gadgets', kind: 'Gadget' }
      bad.spec.versions = [
        {
          ...bad.spec.versions[0],
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: { properties: { a: {} } } } } },
        },
      ]
      const refused = await cluster().post(crdPath, bad)
      expect([refused.status, refused.body.reason]).toEqual([422, 'Invalid'])
    })

    test('the name must be plural.group', async () => {
      const bad = { ...crd, metadata: { name: `other.${group}` } }
      const refused = await cluster().post(crdPath, bad)
      expect(refused.status).toBe(422)
      expect(refused.body.message).toContain('must be spec.names.plural+"."+spec.group')
    })

    test('deleting the CRD takes its objects and its paths', async () => {
      const name = `temps.${group}`
      const temp = structuredClone(crd) as Json
      temp.metadata.name = name
      temp.spec.names = { plural: 'temps', kind: 'Temp' }
      await cluster().post(crdPath, temp)
      const temps = `/apis/${group}/v1/namespaces/${ns}/temps`
      await eventually(async () => (await cluster().get(temps)).status === 200, { timeoutMs: 15_000 })
      await cluster().post(temps, {
        apiVersion: `${group}/v1`,
        kind: 'Temp',
        metadata: { name: 't' },
        spec: { size: 1 },
      })
      await cluster().del(`${crdPath}/${name}`)
      await eventually(async () => (await cluster().get(`${crdPath}/${name}`)).status === 404, { timeoutMs: 20_000 })
      await eventually(async () => (await cluster().get(temps)).status === 404, { timeoutMs: 10_000 })
    })
  })
}
