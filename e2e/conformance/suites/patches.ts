import { beforeAll, describe, expect, test } from 'vitest'
import { configMap, deployment, type Subject } from '../cluster.ts'

export function patchSuite({ cluster }: Subject): void {
  describe('patches', () => {
    let ns = ''
    const cm = (name = '') => `/api/v1/namespaces/${ns}/configmaps${name ? `/${name}` : ''}`
    const dep = (name = '') => `/apis/apps/v1/namespaces/${ns}/deployments${name ? `/${name}` : ''}`
    beforeAll(async () => {
      ns = await cluster().namespace()
    })

    test('merge patch: sets, deletes with null', async () => {
      await cluster().post(cm(), configMap('m', { a: '1', b: '2' }))
      const patched = await cluster().merge(cm('m'), { data: { a: null, c: '3' } })
      expect([patched.status, patched.body.data]).toEqual([200, { b: '2', c: '3' }])
    })

    test('JSON patch: add, replace, remove, test', async () => {
      await cluster().post(cm(), configMap('j', { a: '1' }, { annotations: { 'x/y': '2' } }))
      const patched = await cluster().json(cm('j'), [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'replace', path: '/data/a', value: '9' },
        { op: 'add', path: '/data/b', value: '3' },
        { op: 'remove', path: '/metadata/annotations/x~1y' },
      ])
      expect([patched.status, patched.body.data]).toEqual([200, { a: '9', b: '3' }])
    })

    test('JSON patch: a failing test and a missing path are Invalid', async () => {
      await cluster().post(cm(), configMap('jt', { a: '1' }))
      const failed = await cluster().json(cm('jt'), [{ op: 'test', path: '/data/a', value: '2' }])
      expect([failed.status, failed.body.reason, failed.body.message]).toEqual([
        422,
        'Invalid',
        'the server rejected our request due to an error in our request',
      ])
      const missing = await cluster().json(cm('jt'), [{ op: 'remove', path: '/data/nope' }])
      expect([missing.status, missing.body.reason]).toEqual([422, 'Invalid'])
    })

    test('a patch that is no array is BadRequest', async () => {
      await cluster().post(cm(), configMap('jo'))
      expect((await cluster().json(cm('jo'), { a: 1 })).status).toBe(400)
    })

    test('strategic merge: lists merge by key, $patch delete removes', async () => {
      await cluster().post(dep(), deployment('s'))
      const added = await cluster().strategic(dep('s'), {
        spec: { template: { spec: { containers: [{ name: 'side', image: 'alpine' }] } } },
      })
      expect(added.body.spec.template.spec.containers.map((item: { name: string }) => item.name)).toEqual(['side', 'c'])
      const changed = await cluster().strategic(dep('s'), {
        spec: { template: { spec: { containers: [{ name: 'c', image: 'alpine:3' }] } } },
      })
      expect(
        changed.body.spec.template.spec.containers.find((item: { name: string }) => item.name === 'c'),
      ).toMatchObject({ image: 'alpine:3', command: ['true'] })
      const removed = await cluster().strategic(dep('s'), {
        spec: { template: { spec: { containers: [{ $patch: 'delete', name: 'side' }] } } },
      })
      expect(removed.body.spec.template.spec.containers.map((item: { name: string }) => item.name)).toEqual(['c'])
    })

    test('strategic merge: $setElementOrder orders, env merges by name', async () => {
      const body = deployment('o')
      Object.assign(body.spec.template.spec.containers[0] ?? {}, {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      })
      await cluster().post(dep(), body)
      const patched = await cluster().strategic(dep('o'), {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: 'c',
                  '$setElementOrder/env': [{ name: 'C' }, { name: 'A' }],
                  env: [
                    { name: 'B', $patch: 'delete' },
                    { name: 'C', value: '3' },
                  ],
                },
              ],
            },
          },
        },
      })
      expect(patched.body.spec.template.spec.containers[0].env).toEqual([
        { name: 'C', value: '3' },
        { name: 'A', value: '1' },
      ])
    })

    test('strategic merge: $retainKeys drops the others', async () => {
      await cluster().post(dep(), deployment('r'))
      const patched = await cluster().strategic(dep('r'), {
        spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      })
      expect([patched.status, patched.body.spec.strategy]).toEqual([200, { type: 'Recreate' }])
    })

    test('finalizers merge as a list of values', async () => {
      await cluster().post(cm(), configMap('f', {}, { finalizers: ['example.dev/a'] }))
      const patched = await cluster().strategic(cm('f'), { metadata: { finalizers: ['example.dev/b'] } })
      expect(patched.body.metadata.finalizers.sort()).toEqual(['example.dev/a', 'example.dev/b'])
      const left = await cluster().strategic(cm('f'), {
        metadata: { '$deleteFromPrimitiveList/finalizers': ['example.dev/a', 'example.dev/b'] },
      })
      expect(left.body.metadata.finalizers).toBeUndefined()
    })

    test('a patch with an old resourceVersion is a Conflict', async () => {
      await cluster().post(cm(), configMap('rv'))
      const refused = await cluster().merge(cm('rv'), { metadata: { resourceVersion: '1' } })
      expect([refused.status, refused.body.reason]).toEqual([409, 'Conflict'])
    })

    test('a patch with another uid is Invalid, an update with one a Conflict', async () => {
      await cluster().post(cm(), configMap('uid'))
      const refused = await cluster().merge(cm('uid'), { metadata: { uid: '00000000-0000-0000-0000-000000000000' } })
      expect([refused.status, refused.body.message]).toEqual([
        422,
        'ConfigMap "uid" is invalid: metadata.uid: Invalid value: "00000000-0000-0000-0000-000000000000": field is immutable',
      ])
      const put = await cluster().put(cm('uid'), configMap('uid', {}, { uid: '00000000-0000-0000-0000-000000000000' }))
      expect([put.status, put.body.reason]).toEqual([409, 'Conflict'])
    })

    test('patching what is not there is NotFound; an unknown patch type is 415', async () => {
      expect((await cluster().merge(cm('nope'), {})).status).toBe(404)
      expect((await cluster().call('PATCH', cm('m'), { body: {}, type: 'application/json' })).status).toBe(415)
    })
  })
}
