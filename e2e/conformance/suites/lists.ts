import { beforeAll, describe, expect, test } from 'vitest'
import { configMap, type Json, type Subject } from '../cluster.ts'

const names = (body: Json) =>
  body.items.map((item: Json) => item.metadata.name).filter((name: string) => name !== 'kube-root-ca.crt')

export function listSuite({ cluster }: Subject): void {
  describe('lists', () => {
    let ns = ''
    const list = (query = '') => cluster().get(`/api/v1/namespaces/${ns}/configmaps?${query}`)
    beforeAll(async () => {
      ns = await cluster().namespace()
      for (const [name, color] of [
        ['a', 'red'],
        ['b', 'blue'],
        ['c', 'red'],
        ['d', ''],
        ['e', 'green'],
      ] as const) {
        await cluster().post(
          `/api/v1/namespaces/${ns}/configmaps`,
          configMap(name, {}, color ? { labels: { color, all: 'yes' } } : { labels: { all: 'yes' } }),
        )
      }
    })

    test.each([
      ['color=red', ['a', 'c']],
      ['color==red', ['a', 'c']],
      ['color!=red,all', ['b', 'd', 'e']],
      ['color in (red,blue)', ['a', 'b', 'c']],
      ['color notin (red,blue),all=yes', ['d', 'e']],
      ['color', ['a', 'b', 'c', 'e']],
      ['!color,all', ['d']],
    ])('label selector %s', async (selector, expected) => {
      const answer = await list(`labelSelector=${encodeURIComponent(selector)}`)
      expect([answer.status, names(answer.body)]).toEqual([200, expected])
    })

    test.each([
      ['True', true],
      ['', true],
      ['false', false],
      ['False', false],
      ['0', false],
    ])('watch=%s, as clients of other languages spell it: %s', async (value, isWatch) => {
      const { body } = await list(`watch=${value}&timeoutSeconds=1&fieldSelector=metadata.name%3Da`)
      // The events of a watch are an object a line; one alone reads as that object.
      const events = typeof body === 'string' ? JSON.parse(body.split('\n')[0] ?? '') : body
      expect(events.type ?? events.kind).toBe(isWatch ? 'ADDED' : 'ConfigMapList')
    })

    test('a label selector that does not parse is BadRequest', async () => {
      const answer = await list(`labelSelector=${encodeURIComponent('a in red')}`)
      expect([answer.status, answer.body.reason]).toEqual([400, 'BadRequest'])
    })

    test('field selector by name; an unknown field is BadRequest', async () => {
      expect(names((await list('fieldSelector=metadata.name%3Db')).body)).toEqual(['b'])
      const refused = await list('fieldSelector=data.x%3D1')
      expect([refused.status, refused.body.reason]).toEqual([400, 'BadRequest'])
      expect(refused.body.message).toBe(
        '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
      )
      expect((await cluster().get(`/api/v1/namespaces/${ns}/pods?fieldSelector=data.x%3D1`)).body.message).toBe(
        'field label not supported: data.x',
      )
      expect((await cluster().get(`/apis/batch/v1/namespaces/${ns}/jobs?fieldSelector=data.x%3D1`)).body.message).toBe(
        'field label "data.x" not supported for Job',
      )
    })

    test('limit and continue walk all of it once, of one version', async () => {
      const first = (await list('limit=2&labelSelector=all')).body
      expect(first.items).toHaveLength(2)
      await cluster().post(`/api/v1/namespaces/${ns}/configmaps`, configMap('late', {}, { labels: { all: 'yes' } }))
      const seen = names(first)
      let next = first.metadata.continue
      for (let pages = 0; next && pages < 10; pages += 1) {
        const page = (await list(`limit=2&labelSelector=all&continue=${encodeURIComponent(next)}`)).body
        expect(page.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
        seen.push(...names(page))
        next = page.metadata.continue
      }
      expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
      await cluster().del(`/api/v1/namespaces/${ns}/configmaps/late`)
    })

    test('remainingItemCount without selectors', async () => {
      const page = (await list('limit=2')).body
      expect(page.metadata.remainingItemCount).toBeGreaterThan(0)
    })

    test('a broken continue token is BadRequest', async () => {
      expect((await list('limit=2&continue=nonsense')).status).toBe(400)
    })

    test('a version from the future times out with its reason', async () => {
      const answer = await list('resourceVersion=999999999999')
      expect([answer.status, answer.body.reason]).toEqual([504, 'Timeout'])
    })

    test('resourceVersionMatch without a version is refused', async () => {
      const answer = await list('resourceVersionMatch=Exact')
      expect([answer.status, answer.body.reason]).toEqual([422, 'Invalid'])
    })

    test('the list says its kind and version', async () => {
      const answer = await list()
      expect(answer.body).toMatchObject({
        kind: 'ConfigMapList',
        apiVersion: 'v1',
        metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
      })
    })

    test('as a Table', async () => {
      const accept = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
      const table = await cluster().get(`/api/v1/namespaces/${ns}/configmaps?labelSelector=color%3Dred`, accept)
      expect(table.body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
      expect(table.body.columnDefinitions.map((column: Json) => column.name)).toEqual(['Name', 'Data', 'Age'])
      expect(table.body.rows.map((row: Json) => row.cells.slice(0, 2))).toEqual([
        ['a', 0],
        ['c', 0],
      ])
      expect(table.body.rows[0].object.kind).toBe('PartialObjectMetadata')
    })

    test('as PartialObjectMetadata', async () => {
      const accept = { Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' }
      const answer = await cluster().get(`/api/v1/namespaces/${ns}/configmaps`, accept)
      expect([answer.body.kind, answer.body.items[0].data]).toEqual(['PartialObjectMetadataList', undefined])
    })

    test('discovery: legacy and aggregated name the same resources', async () => {
      const legacy = (await cluster().get('/apis/batch/v1')).body
      expect(legacy).toMatchObject({ kind: 'APIResourceList', groupVersion: 'batch/v1' })
      expect(legacy.resources.find((item: Json) => item.name === 'jobs')).toMatchObject({
        kind: 'Job',
        namespaced: true,
        singularName: 'job',
        categories: ['all'],
      })
      const accept = { Accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json' }
      const groups = (await cluster().get('/apis', accept)).body
      expect(groups.kind).toBe('APIGroupDiscoveryList')
      const batch = groups.items.find((item: Json) => item.metadata.name === 'batch').versions[0]
      expect(batch.resources.find((item: Json) => item.resource === 'jobs')).toMatchObject({
        scope: 'Namespaced',
        singularResource: 'job',
        responseKind: { kind: 'Job' },
      })
    })

    test('health and version', async () => {
      for (const path of ['/healthz', '/livez', '/readyz'])
        expect([(await cluster().get(path)).status, (await cluster().get(path)).body]).toEqual([200, 'ok'])
      expect((await cluster().get('/version')).body).toMatchObject({
        major: '1',
        gitVersion: expect.stringMatching(/^v1\.\d+/),
      })
    })
  })
}
