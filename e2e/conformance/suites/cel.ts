/** CEL rules of custom resources: what they refuse and how it is said, and which rules a CRD may not have. */
import { randomBytes } from 'node:crypto'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json, Subject } from '../cluster.ts'

const rule = (text: string, more: object = {}) => ({ rule: text, ...more })
const rules = (...list: object[]) => ({ 'x-kubernetes-validations': list })
const short = { type: 'string', maxLength: 20 }
const spec = {
  type: 'object',
  ...rules(
    rule('self.min <= self.max'),
    rule('self.min <= self.max', { message: 'swapped', fieldPath: '.min', reason: 'FieldValueForbidden' }),
    rule('!has(self.name) || self.name.startsWith("a")', {
      messageExpression: '"name was " + self.name',
      fieldPath: '.name',
      reason: 'FieldValueRequired',
    }),
    rule('!has(oldSelf.fixed) || (has(self.fixed) && self.fixed == oldSelf.fixed)', { reason: 'FieldValueDuplicate' }),
  ),
  properties: {
    min: { type: 'integer' },
    max: { type: 'integer' },
    name: short,
    fixed: short,
    'da-sh': { ...short, ...rules(rule('self != "x"')) },
    parts: {
      type: 'array',
      maxItems: 10,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: {
        type: 'object',
        required: ['id'],
        properties: { id: short, n: { type: 'integer', ...rules(rule('self >= oldSelf', { message: 'n grows' })) } },
      },
    },
    labels: {
      type: 'object',
      maxProperties: 10,
      additionalProperties: short,
      ...rules(rule('self.all(k, self[k] != k)')),
    },
    tags: {
      type: 'array',
      'x-kubernetes-list-type': 'set',
      maxItems: 5,
      items: { ...short, ...rules(rule('self != "bad"', { message: 'no bad' })) },
    },
    port: { 'x-kubernetes-int-or-string': true, ...rules(rule('type(self) == int ? self > 0 : self != ""')) },
    size: { ...short, ...rules(rule('isQuantity(self) && quantity(self).isGreaterThan(quantity("1Gi"))')) },
    site: { ...short, ...rules(rule('isURL(self) && url(self).getScheme() == "https"')) },
    ip: { ...short, ...rules(rule('isIP(self) && cidr("10.0.0.0/8").containsIP(self)')) },
    once: {
      ...short,
      ...rules(rule('oldSelf.hasValue() ? self == oldSelf.value() : self != "first"', { optionalOldSelf: true })),
    },
    wait: { type: 'string', format: 'duration', ...rules(rule('self > duration("1m")')) },
    ratio: { type: 'integer', ...rules(rule('10 / self > 1')) },
    sorted: {
      type: 'array',
      maxItems: 5,
      items: { type: 'integer' },
      ...rules(rule('self.isSorted() && self.sum() < 10')),
    },
  },
}

const failed = (text: string) => `failed rule: ${text}`

export function celSuite({ cluster }: Subject): void {
  describe('CEL rules', () => {
    const group = `cel${randomBytes(3).toString('hex')}.example.dev`
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    const crd = (plural: string, kind: string, schema: object) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural, kind },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { spec: schema } } },
          },
        ],
      },
    })
    let path = ''
    const ruled = (name: string, more: object) => ({
      apiVersion: `${group}/v1`,
      kind: 'Ruled',
      metadata: { name },
      spec: { min: 1, max: 2, ...more },
    })
    const causes = (body: Json) =>
      body.details?.causes?.map((cause: Json) => [cause.field, cause.reason, cause.message])

    beforeAll(async () => {
      const ns = await cluster().namespace()
      path = `/apis/${group}/v1/namespaces/${ns}/ruleds`
      const made = await cluster().post(crds, crd('ruleds', 'Ruled', spec))
      expect([made.status, made.body.message]).toEqual([201, undefined])
      await eventually(async () => (await cluster().get(path)).status === 200, { timeoutMs: 15_000 })
    })
    afterAll(async () => {
      await cluster().del(`${crds}/ruleds.${group}`)
    })

    test.each([
      [
        { min: 3 },
        [
          ['spec', 'FieldValueInvalid', `Invalid value: ${failed('self.min <= self.max')}`],
          ['spec.min', 'FieldValueForbidden', 'Forbidden: swapped'],
        ],
      ],
      [{ name: 'bob' }, [['spec.name', 'FieldValueRequired', 'Required value: name was bob']]],
      [{ 'da-sh': 'x' }, [['spec.da-sh', 'FieldValueInvalid', `Invalid value: "x": ${failed('self != "x"')}`]]],
      [
        { labels: { a: 'a' } },
        [['spec.labels', 'FieldValueInvalid', `Invalid value: ${failed('self.all(k, self[k] != k)')}`]],
      ],
      [{ tags: ['good', 'bad'] }, [['spec.tags[1]', 'FieldValueInvalid', 'Invalid value: "bad": no bad']]],
      [
        { port: 0 },
        [
          [
            'spec.port',
            'FieldValueInvalid',
            `Invalid value: 0: ${failed('type(self) == int ? self > 0 : self != ""')}`,
          ],
        ],
      ],
      [
        { ratio: 0 },
        [
          [
            'spec.ratio',
            'FieldValueInvalid',
            'Invalid value: "integer": division by zero evaluating rule: 10 / self > 1',
          ],
        ],
      ],
      [
        { min: 'x' },
        [
          [
            'spec.min',
            'FieldValueTypeInvalid',
            'Invalid value: "string": spec.min in body must be of type integer: "string"',
          ],
          [
            '<nil>',
            'FieldValueInvalid',
            'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
          ],
        ],
      ],
    ])('%j is refused', async (more, expected) => {
      const refused = await cluster().post(path, ruled('bad', more))
      expect([refused.status, causes(refused.body)]).toEqual([422, expected])
    })

    test.each([
      ['size', '1Mi', '2Gi'],
      ['site', 'http://a', 'https://a'],
      ['ip', '11.0.0.1', '10.1.1.1'],
      ['wait', '5s', '5m'],
      ['sorted', [2, 1], [1, 2]],
      ['once', 'first', 'second'],
    ])('%s takes its library function', async (field, wrong, right) => {
      const [no, yes] = [
        await cluster().post(`${path}?dryRun=All`, ruled('x', { [field]: wrong })),
        await cluster().post(`${path}?dryRun=All`, ruled('x', { [field]: right })),
      ]
      expect([no.status, causes(no.body)?.[0]?.[0], yes.status]).toEqual([422, `spec.${field}`, 201])
    })

    test('transition rules see what was there, by the keys of a list', async () => {
      await cluster().post(path, ruled('t', { fixed: 'a', once: 'z', parts: [{ id: 'a', n: 5 }] }))
      const change = (more: object) => cluster().merge(`${path}/t`, { spec: more })
      expect(causes((await change({ fixed: 'b' })).body)).toEqual([['spec', 'FieldValueDuplicate', 'Duplicate value']])
      expect(causes((await change({ parts: [{ id: 'a', n: 4 }] })).body)).toEqual([
        ['spec.parts[0].n', 'FieldValueInvalid', 'Invalid value: 4: n grows'],
      ])
      expect((await change({ once: 'y' })).status).toBe(422)
      const moved = [
        { id: 'b', n: 4 },
        { id: 'a', n: 6 },
      ]
      expect((await change({ parts: moved })).body.spec.parts).toEqual(moved)
    })

    const list = { type: 'array', items: { type: 'string' } }
    test.each([
      ['a field that is not there', rule('self.zz == 1'), 'rule', 'FieldValueInvalid', 'undefined field'],
      ['a comparison of types', rule('self.a == 1'), 'rule', 'FieldValueInvalid', 'compilation failed'],
      ['text that is no rule', rule('self.a ==='), 'rule', 'FieldValueInvalid', 'compilation failed'],
      ['a rule that is not true or false', rule('self.a'), 'rule', 'FieldValueInvalid', 'must evaluate to a bool'],
      ['an empty rule', rule(''), 'rule', 'FieldValueRequired', 'rule is not specified'],
      ['an unknown reason', rule('true', { reason: 'No' }), 'reason', 'FieldValueNotSupported', 'FieldValueDuplicate'],
      ['a path that leads nowhere', rule('true', { fieldPath: '.zz' }), 'fieldPath', 'FieldValueInvalid', 'valid path'],
      [
        'a message that is no text',
        rule('true', { messageExpression: 'self.a == ""' }),
        'messageExpression',
        'FieldValueInvalid',
        'must evaluate to a string',
      ],
      [
        'an oldSelf that is not used',
        rule('true', { optionalOldSelf: true }),
        'optionalOldSelf',
        'FieldValueInvalid',
        'may not be set',
      ],
      [
        'too many nested loops',
        rule('self.l.all(x, self.l.all(y, self.l.all(z, x != y || y != z)))'),
        'rule',
        'FieldValueForbidden',
        'exceeds budget by factor of more than 100x',
      ],
    ])('a CRD may not have %s', async (_what, wrong, field, reason, text) => {
      const schema = { type: 'object', properties: { a: { type: 'string' }, l: list }, ...rules(wrong) }
      const refused = await cluster().post(`${crds}?dryRun=All`, crd('bads', 'Bad', schema))
      const at = `spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].${field}`
      expect([refused.status, ...causes(refused.body)[0].slice(0, 2)]).toEqual([422, at, reason])
      expect(refused.body.details.causes[0].message).toContain(text)
    })
  })
}
