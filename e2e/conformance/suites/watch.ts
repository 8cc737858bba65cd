import { beforeAll, describe, expect, test } from 'vitest'
import { configMap, type Json, type Subject, type WatchedEvent } from '../cluster.ts'

const brief = (events: WatchedEvent[]) =>
  events
    .filter((event) => event.object.metadata?.name !== 'kube-root-ca.crt')
    .map((event) => `${event.type} ${event.object.metadata?.name ?? event.object.reason}`)

export function watchSuite({ cluster }: Subject): void {
  describe('watch', () => {
    let ns = ''
    const path = (query: string) => `/api/v1/namespaces/${ns}/configmaps?watch=true&${query}`
    const cm = (name = '') => `/api/v1/namespaces/${ns}/configmaps${name ? `/${name}` : ''}`
    const version = async (): Promise<string> => (await cluster().get(cm())).body.metadata.resourceVersion
    beforeAll(async () => {
      ns = await cluster().namespace()
    })

    test('from a version: every later change, in order', async () => {
      const from = await version()
      await cluster().post(cm(), configMap('w'))
      await cluster().merge(cm('w'), { data: { a: '1' } })
      await cluster().merge(cm('w'), { data: { a: '2' } })
      await cluster().del(cm('w'))
      const events = await cluster().watch(path(`resourceVersion=${from}`), (seen) =>
        seen.some((event) => event.type === 'DELETED'),
      )
      expect(brief(events)).toEqual(['ADDED w', 'MODIFIED w', 'MODIFIED w', 'DELETED w'])
      const own = events.filter((event) => event.object.metadata.name === 'w')
      const versions = events.map((event) => Number(event.object.metadata.resourceVersion))
      expect([...versions].sort((a, b) => a - b)).toEqual(versions)
      expect(own[2]?.object.data).toEqual({ a: '2' })
    })

    test('without a version: what is there comes first', async () => {
      await cluster().post(cm(), configMap('there', {}, { labels: { w: 'there' } }))
      const events = await cluster().watch(path('labelSelector=w%3Dthere'), (seen) => seen.length >= 1)
      expect(brief(events)).toEqual(['ADDED there'])
    })

    test('what leaves the selection is DELETED, what enters is ADDED', async () => {
      const from = await version()
      await cluster().post(cm(), configMap('sel', {}, { labels: { in: 'no' } }))
      await cluster().merge(cm('sel'), { metadata: { labels: { in: 'yes' } } })
      await cluster().merge(cm('sel'), { data: { a: '1' } })
      await cluster().merge(cm('sel'), { metadata: { labels: { in: 'no' } } })
      const events = await cluster().watch(
        path(`resourceVersion=${from}&labelSelector=in%3Dyes`),
        (seen) => seen.length >= 3,
      )
      expect(brief(events)).toEqual(['ADDED sel', 'MODIFIED sel', 'DELETED sel'])
    })

    test('live: a change made after the watch opened arrives', async () => {
      const from = await version()
      const events = await cluster().watch(
        path(`resourceVersion=${from}&fieldSelector=metadata.name%3Dlive`),
        (seen) => seen.length >= 1,
        { onOpen: () => void cluster().post(cm(), configMap('live')) },
      )
      expect(brief(events)).toEqual(['ADDED live'])
    })

    test('sendInitialEvents ends the first part with a bookmark', async () => {
      const query =
        'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=w%3Dthere'
      const events = await cluster().watch(path(query), (seen) => seen.some((event) => event.type === 'BOOKMARK'))
      expect(events.map((event) => event.type)).toEqual(['ADDED', 'BOOKMARK'])
      expect(events.at(-1)?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    })

    test('sendInitialEvents without its match is refused', async () => {
      const refused = await cluster().get(path('sendInitialEvents=true&allowWatchBookmarks=true'))
      expect([refused.status, refused.body.reason]).toEqual([422, 'Invalid'])
    })

    test('a watch of one name', async () => {
      const from = await version()
      await cluster().post(cm(), configMap('one'))
      await cluster().post(cm(), configMap('two'))
      const events = await cluster().watch(
        `${cm()}?watch=true&resourceVersion=${from}&fieldSelector=metadata.name%3Dtwo`,
        (seen) => seen.length >= 1,
      )
      expect(brief(events)).toEqual(['ADDED two'])
    })

    test('timeoutSeconds ends it', async () => {
      const from = await version()
      const events = await cluster().watch(
        path(`resourceVersion=${from}&timeoutSeconds=1&fieldSelector=metadata.name%3Dnever`),
        () => false,
      )
      expect(events).toEqual([])
    })

    test('as a Table: the columns once, then rows', async () => {
      const from = await version()
      await cluster().post(cm(), configMap('tab'))
      const answer = await cluster().kubectl([
        'get',
        'configmaps',
        '-n',
        ns,
        '--field-selector',
        'metadata.name=tab',
        '--no-headers',
      ])
      expect(answer.stdout).toMatch(/^tab\s+0\s+\d+s/)
      expect(Number(from)).toBeGreaterThan(0)
    })

    test('a namespace is watched at cluster scope too', async () => {
      const from = await version()
      await cluster().post(cm(), configMap('wide'))
      const events = await cluster().watch(
        `/api/v1/configmaps?watch=true&resourceVersion=${from}&fieldSelector=metadata.name%3Dwide`,
        (seen) => seen.length >= 1,
      )
      expect(events[0]?.object).toMatchObject({
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { name: 'wide', namespace: ns },
      } satisfies Json)
    })
  })
}
