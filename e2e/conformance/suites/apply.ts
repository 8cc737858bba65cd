import { beforeAll, describe, expect, test } from 'vitest'
import { configMap, deployment, type Json, type Subject } from '../cluster.ts'

const managers = (body: Json) => body.metadata.managedFields.map((entry: Json) => `${entry.manager}/${entry.operation}`)

export function applySuite({ cluster }: Subject): void {
  describe('server-side apply', () => {
    let ns = ''
    const cm = (name: string) => `/api/v1/namespaces/${ns}/configmaps/${name}`
    const dep = (name: string) => `/apis/apps/v1/namespaces/${ns}/deployments/${name}`
    beforeAll(async () => {
      ns = await cluster().namespace()
    })

    test('creates with 201, then changes with 200', async () => {
      const made = await cluster().apply(cm('a'), 'one', configMap('a', { x: '1' }))
      expect([made.status, managers(made.body)]).toEqual([201, ['one/Apply']])
      expect(made.body.metadata.managedFields[0].fieldsV1).toEqual({ 'f:data': { 'f:x': {} } })
      const again = await cluster().apply(cm('a'), 'one', configMap('a', { x: '2' }))
      expect([again.status, again.body.data]).toEqual([200, { x: '2' }])
    })

    test('the same apply twice keeps the resourceVersion', async () => {
      const first = await cluster().apply(dep('idem'), 'one', deployment('idem'))
      const second = await cluster().apply(dep('idem'), 'one', deployment('idem'))
      expect([second.status, managers(second.body).includes('one/Apply')]).toEqual([200, true])
      expect(second.body.metadata.generation).toBe(first.body.metadata.generation)
    })

    test('a field of another manager is a Conflict, and force takes it', async () => {
      await cluster().apply(cm('c'), 'one', configMap('c', { x: '1', y: '1' }))
      const refused = await cluster().apply(cm('c'), 'two', configMap('c', { x: '2' }))
      expect(refused.status).toBe(409)
      expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "one": .data.x')
      expect(refused.body.details.causes).toEqual([
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.x' },
      ])
      const forced = await cluster().apply(cm('c'), 'two', configMap('c', { x: '2' }), true)
      expect([forced.status, forced.body.data]).toEqual([200, { x: '2', y: '1' }])
    })

    test('the same value by two managers is shared, not a conflict', async () => {
      await cluster().apply(cm('s'), 'one', configMap('s', { x: '1' }))
      const shared = await cluster().apply(cm('s'), 'two', configMap('s', { x: '1' }))
      expect([shared.status, managers(shared.body).sort()]).toEqual([200, ['one/Apply', 'two/Apply']])
    })

    test('a field that is no longer applied goes, unless another holds it', async () => {
      await cluster().apply(cm('g'), 'one', configMap('g', { x: '1', y: '1' }))
      await cluster().apply(cm('g'), 'two', configMap('g', { y: '1' }))
      const less = await cluster().apply(cm('g'), 'one', configMap('g', {}))
      expect(less.body.data).toEqual({ y: '1' })
    })

    test('an empty map applied by another takes nothing: the same applies again change nothing', async () => {
      const versions = async (name: string, manager: string, data: Record<string, string>) => {
        const { body } = await cluster().apply(cm(name), manager, configMap(name, data))
        const own = body.metadata.managedFields.find((entry: Json) => entry.manager === manager)
        return [body.metadata.resourceVersion, body.data, own.fieldsV1]
      }
      const first = await versions('e', 'one', { x: '1' })
      const empty = await versions('e', 'two', {})
      expect([empty[1], empty[2]]).toEqual([{ x: '1' }, { 'f:data': {} }])
      expect(await versions('e', 'one', { x: '1' })).toEqual([empty[0], first[1], first[2]])
      expect(await versions('e', 'two', {})).toEqual(empty)
      // The same for one who applied something before, and for fields that an update set.
      await versions('e2', 'one', { x: '1', y: '1' })
      const shared = await versions('e2', 'two', { y: '1', z: '1' })
      const less = await versions('e2', 'one', {})
      expect([less[1], less[2]]).toEqual([{ y: '1', z: '1' }, { 'f:data': {} }])
      expect(await versions('e2', 'two', { y: '1', z: '1' })).toEqual([less[0], less[1], shared[2]])
      const made = await cluster().post(
        `/api/v1/namespaces/${ns}/configmaps?fieldManager=maker`,
        configMap('e3', { x: '1' }),
      )
      const beside = await cluster().apply(cm('e3'), 'one', configMap('e3', {}))
      const maker = (body: Json) =>
        body.metadata.managedFields.find((entry: Json) => entry.manager === 'maker').fieldsV1
      expect(maker(beside.body)).toEqual(maker(made.body))
    })

    test('an update takes ownership', async () => {
      await cluster().apply(cm('u'), 'one', configMap('u', { x: '1' }))
      await cluster().call('PATCH', `${cm('u')}?fieldManager=other`, {
        body: { data: { x: '2' } },
        type: 'application/merge-patch+json',
      })
      const refused = await cluster().apply(cm('u'), 'one', configMap('u', { x: '1' }))
      expect([refused.status, refused.body.details.causes[0].message]).toEqual([409, 'conflict with "other" using v1'])
    })

    test('containers merge by name', async () => {
      await cluster().apply(dep('l'), 'one', deployment('l'))
      const template = { spec: { containers: [{ name: 'side', image: 'alpine' }] } }
      const added = await cluster().apply(dep('l'), 'two', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'l' },
        spec: { template },
      })
      expect(added.body.spec.template.spec.containers.map((item: Json) => item.name).sort()).toEqual(['c', 'side'])
      const gone = await cluster().apply(dep('l'), 'two', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'l' },
      })
      expect(gone.body.spec.template.spec.containers.map((item: Json) => item.name)).toEqual(['c'])
    })

    test('without a field manager it is Invalid; with managedFields BadRequest', async () => {
      const refused = await cluster().call('PATCH', cm('n'), {
        body: configMap('n'),
        type: 'application/apply-patch+yaml',
      })
      expect([refused.status, refused.body.message]).toEqual([
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      ])
      const managed = await cluster().apply(
        cm('n'),
        'one',
        configMap('n', {}, { managedFields: [{ manager: 'x', operation: 'Apply', apiVersion: 'v1' }] }),
      )
      expect([managed.status, managed.body.message]).toEqual([400, 'metadata.managedFields must be nil'])
    })

    test('a create records its manager as an update', async () => {
      const made = await cluster().post(
        `/api/v1/namespaces/${ns}/configmaps?fieldManager=maker`,
        configMap('mf', { x: '1' }, { labels: { a: 'b' } }),
      )
      expect(made.body.metadata.managedFields).toEqual([
        {
          manager: 'maker',
          operation: 'Update',
          apiVersion: 'v1',
          time: expect.any(String),
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { '.': {}, 'f:x': {} }, 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } },
        },
      ])
    })
  })
}
