/** exec, attach and port-forward up to the node: who may, what is refused and how. What follows runs on a node. */
import { eventually } from '@keelson/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Json, Subject } from '../cluster.ts'

const verbs = ['exec', 'attach', 'portforward'] as const
const query = { exec: '?command=id&stdout=true', attach: '?stdout=true', portforward: '?ports=80' }

export function podStreamSuite({ cluster }: Subject): void {
  describe('pod streams', () => {
    let ns = ''
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    const pathOf = (verb: (typeof verbs)[number], pod = 'waits', more = '') =>
      `/api/v1/namespaces/${ns}/pods/${pod}/${verb}${query[verb]}${more}`
    const as = (user: string) => ({ 'Impersonate-User': `${user}@example.dev` })
    const webSocket = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol': 'v4.channel.k8s.io',
    }
    const brief = ({ status, body }: { status: number; body: Json }) => [status, body.reason, body.message]

    beforeAll(async () => {
      ns = await cluster().namespace()
      for (const [user, rules] of [
        ['getter', ['get']],
        ['creator', ['create']],
        ['both', ['get', 'create']],
      ] as const) {
        const resources = verbs.map((verb) => `pods/${verb}`)
        await cluster().post(`${rbac}/namespaces/${ns}/roles`, {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'Role',
          metadata: { name: user },
          rules: [{ apiGroups: [''], resources, verbs: rules }],
        })
        await cluster().post(`${rbac}/namespaces/${ns}/rolebindings`, {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: user },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: `${user}@example.dev` }],
        })
      }
      const container = (name: string) => ({ name, image: 'busybox', command: ['true'] })
      const pod = (name: string, spec: object) =>
        cluster().post(`/api/v1/namespaces/${ns}/pods`, {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name },
          // No node has this label, so that no server starts it.
          spec: { nodeSelector: { 'keelson.dev/none': 'such' }, ...spec },
        })
      await pod('waits', { containers: [container('c')] })
      await pod('several', { initContainers: [container('i')], containers: [container('a'), container('b')] })
      await eventually(async () => (await cluster().get(pathOf('exec'), as('both'))).status === 400)
    })

    test('discovery names them, with their verbs', async () => {
      const { body } = await cluster().get('/api/v1')
      const found = body.resources.filter(({ name }: Json) => verbs.some((verb) => name === `pods/${verb}`))
      expect(found).toEqual([
        { name: 'pods/attach', singularName: '', namespaced: true, kind: 'PodAttachOptions', verbs: ['create', 'get'] },
        { name: 'pods/exec', singularName: '', namespaced: true, kind: 'PodExecOptions', verbs: ['create', 'get'] },
        {
          name: 'pods/portforward',
          singularName: '',
          namespaced: true,
          kind: 'PodPortForwardOptions',
          verbs: ['create', 'get'],
        },
      ])
    })

    test.each(verbs)('%s by GET takes get and create, by POST create', async (verb) => {
      const refusal = (user: string, action: string) =>
        `pods "waits" is forbidden: User "${user}@example.dev" cannot ${action} resource "pods/${verb}" in API group "" in the namespace "${ns}"`
      const unbound = [400, 'BadRequest', 'pod waits does not have a host assigned']
      for (const headers of [{}, webSocket]) {
        const get = async (user: string) => brief(await cluster().get(pathOf(verb), { ...as(user), ...headers }))
        expect(await get('getter')).toEqual([403, 'Forbidden', 'pods "waits" is forbidden: '])
        expect(await get('creator')).toEqual([403, 'Forbidden', refusal('creator', 'get')])
        expect(await get('both')).toEqual(unbound)
      }
      const post = async (user: string) => brief(await cluster().post(pathOf(verb), undefined, as(user)))
      expect(await post('getter')).toEqual([403, 'Forbidden', refusal('getter', 'create')])
      expect(await post('creator')).toEqual(unbound)
    })

    test.each(verbs)('%s: whoever may not connect does not learn whether the pod is there', async (verb) => {
      const answer = await cluster().get(pathOf(verb, 'nope'), as('getter'))
      expect(brief(answer)).toEqual([403, 'Forbidden', 'pods "nope" is forbidden: '])
    })

    test.each(verbs)('%s of what is not there', async (verb) => {
      for (const headers of [{}, webSocket])
        expect(brief(await cluster().get(pathOf(verb, 'nope'), headers))).toEqual([
          404,
          'NotFound',
          'pods "nope" not found',
        ])
    })

    test.each(['exec', 'attach'] as const)('%s chooses its container as the real server does', async (verb) => {
      const asked = async (pod: string, more = '') => brief(await cluster().get(pathOf(verb, pod, more), webSocket))
      const bad = (message: string) => [400, 'BadRequest', message]
      expect(await asked('several')).toEqual(
        bad('a container name must be specified for pod several, choose one of: [i a b]'),
      )
      expect(await asked('several', '&container=x')).toEqual(bad('container x is not valid for pod several'))
      expect(await asked('several', '&container=i')).toEqual(bad('pod several does not have a host assigned'))
    })

    test.each([
      ['x', 'invalid syntax'],
      ['70000', 'value out of range'],
    ])('a port %s is not one', async (port, why) => {
      const path = `/api/v1/namespaces/${ns}/pods/waits/portforward?ports=${port}`
      expect(brief(await cluster().get(path, webSocket))).toEqual([
        400,
        'BadRequest',
        `cannot convert to []int32: strconv.ParseUint: parsing "${port}": ${why}`,
      ])
    })

    test.each(verbs)('%s has no other verbs', async (verb) => {
      for (const method of ['PUT', 'DELETE', 'PATCH']) {
        const { status, body } = await cluster().call(method, pathOf(verb), { body: {} })
        expect([method, status, body.reason]).toEqual([method, 405, 'MethodNotAllowed'])
      }
    })
  })
}
