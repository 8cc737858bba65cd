import { eventually } from '@keelson/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { configMap, type Json, type Subject } from '../cluster.ts'

export function deletionSuite({ cluster }: Subject): void {
  describe('deletion', () => {
    let ns = ''
    const cm = (name = '') => `/api/v1/namespaces/${ns}/configmaps${name ? `/${name}` : ''}`
    const make = async (name: string, extra: object = {}): Promise<Json> =>
      (await cluster().post(cm(), configMap(name, {}, extra))).body
    const owned = (owner: Json, block = true) => ({
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: owner.metadata.name,
          uid: owner.metadata.uid,
          blockOwnerDeletion: block,
        },
      ],
    })
    const gone = (name: string) =>
      eventually(async () => (await cluster().get(cm(name))).status === 404, { timeoutMs: 30_000 })
    const ghost = { metadata: { name: 'ghost', uid: '11111111-2222-3333-4444-555555555555' } }
    /** The real collector learns of dependents from its own watch: once it took one made later, it knows the earlier ones. */
    const collectorCaughtUp = async (name: string) => {
      await make(name, owned(ghost))
      await gone(name)
    }
    beforeAll(async () => {
      ns = await cluster().namespace()
    })

    test('answers with a Status that names uid and kind', async () => {
      const made = await make('plain')
      const answer = await cluster().del(cm('plain'))
      expect([answer.status, answer.body]).toEqual([
        200,
        {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Success',
          details: { name: 'plain', kind: 'configmaps', uid: made.metadata.uid },
        },
      ])
      expect((await cluster().del(cm('plain'))).status).toBe(404)
    })

    test('preconditions', async () => {
      await make('pre')
      const refused = await cluster().del(cm('pre'), { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } })
      expect([refused.status, refused.body.reason]).toEqual([409, 'Conflict'])
      expect(refused.body.message).toContain(
        'Operation cannot be fulfilled on ConfigMap "pre": the UID in the precondition (00000000-0000-0000-0000-000000000000) does not match the UID in record (',
      )
    })

    test('a dry run deletes nothing', async () => {
      await make('dry')
      expect((await cluster().del(`${cm('dry')}?dryRun=All`)).status).toBe(200)
      expect((await cluster().get(cm('dry'))).status).toBe(200)
    })

    test('finalizers hold the object; the last one lets it go', async () => {
      await make('held', { finalizers: ['example.dev/hold'] })
      const answer = await cluster().del(cm('held'))
      expect([answer.status, answer.body.kind]).toEqual([200, 'ConfigMap'])
      expect(answer.body.metadata).toMatchObject({
        deletionTimestamp: expect.any(String),
        deletionGracePeriodSeconds: 0,
        finalizers: ['example.dev/hold'],
      })
      const more = await cluster().merge(cm('held'), {
        metadata: { finalizers: ['example.dev/hold', 'example.dev/more'] },
      })
      expect([more.status, more.body.message]).toEqual([
        422,
        'ConfigMap "held" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.dev/more"}',
      ])
      expect((await cluster().merge(cm('held'), { metadata: { finalizers: null } })).status).toBe(200)
      expect((await cluster().get(cm('held'))).status).toBe(404)
    })

    test('an unknown propagation policy is refused', async () => {
      await make('prop')
      const refused = await cluster().del(cm('prop'), { propagationPolicy: 'Sideways' })
      expect([refused.status, refused.body.reason]).toEqual([422, 'Invalid'])
    })

    test('background: dependents go after their owner', async () => {
      const owner = await make('bg')
      await make('bg-child', owned(owner))
      await cluster().del(cm('bg'), { propagationPolicy: 'Background' })
      await gone('bg-child')
    })

    test('foreground: the owner waits for its dependents', async () => {
      const owner = await make('fg')
      await make('fg-child', { ...owned(owner), finalizers: ['example.dev/hold'] })
      await collectorCaughtUp('fg-later')
      const answer = await cluster().del(cm('fg'), { propagationPolicy: 'Foreground' })
      expect(answer.body.metadata.finalizers).toEqual(['foregroundDeletion'])
      await eventually(
        async () => (await cluster().get(cm('fg-child'))).body.metadata.deletionTimestamp !== undefined,
        { timeoutMs: 30_000 },
      )
      expect((await cluster().get(cm('fg'))).status).toBe(200)
      await cluster().merge(cm('fg-child'), { metadata: { finalizers: null } })
      await gone('fg')
    })

    test('orphan: dependents stay and forget their owner', async () => {
      const owner = await make('or')
      await make('or-child', owned(owner))
      await collectorCaughtUp('or-later')
      await cluster().del(cm('or'), { propagationPolicy: 'Orphan' })
      await gone('or')
      expect((await cluster().get(cm('or-child'))).body.metadata.ownerReferences).toBeUndefined()
    })

    test('a dependent of an owner that never was is collected', async () => {
      await make('lost', owned(ghost))
      await gone('lost')
    })

    test('deletecollection with a selector', async () => {
      await make('dc-1', { labels: { dc: 'yes' } })
      await make('dc-2', { labels: { dc: 'no' } })
      const answer = await cluster().del(`${cm()}?labelSelector=dc%3Dyes`)
      expect([answer.status, answer.body.kind, answer.body.items.length]).toEqual([200, 'ConfigMapList', 1])
      expect([(await cluster().get(cm('dc-1'))).status, (await cluster().get(cm('dc-2'))).status]).toEqual([404, 200])
    })

    test('a namespace goes with its contents; nothing new comes in meanwhile', async () => {
      const name = await cluster().namespace()
      await cluster().post(
        `/api/v1/namespaces/${name}/configmaps`,
        configMap('held', {}, { finalizers: ['example.dev/hold'] }),
      )
      const answer = await cluster().del(`/api/v1/namespaces/${name}`)
      expect([answer.status, answer.body.status.phase]).toEqual([200, 'Terminating'])
      const refused = await cluster().post(`/api/v1/namespaces/${name}/configmaps`, configMap('late'))
      expect([refused.status, refused.body.message]).toEqual([
        403,
        `configmaps "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
      ])
      expect(refused.body.details.causes).toEqual([
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${name} is being terminated`,
          field: 'metadata.namespace',
        },
      ])
      await eventually(
        async () =>
          (await cluster().get(`/api/v1/namespaces/${name}/configmaps/held`)).body.metadata.deletionTimestamp !==
          undefined,
        { timeoutMs: 30_000 },
      )
      await cluster().merge(`/api/v1/namespaces/${name}/configmaps/held`, { metadata: { finalizers: null } })
      await eventually(async () => (await cluster().get(`/api/v1/namespaces/${name}`)).status === 404, {
        timeoutMs: 40_000,
      })
    })
  })
}
