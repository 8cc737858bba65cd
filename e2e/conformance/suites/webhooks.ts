import { eventually } from '@keelson/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { configMap, deployment, type Json, type Subject } from '../cluster.ts'
import { startWebhookServer, type WebhookServer } from '../webhook-server.ts'

const group = '/apis/admissionregistration.k8s.io/v1'
const plurals = { mutating: 'mutatingwebhookconfigurations', validating: 'validatingwebhookconfigurations' } as const
type Kind = keyof typeof plurals

export function webhookSuite({ cluster }: Subject): void {
  describe('webhooks', () => {
    let hooks: WebhookServer
    let ns = ''
    const made: string[] = []
    const maps = () => `/api/v1/namespaces/${ns}/configmaps`
    beforeAll(async () => {
      hooks = await startWebhookServer()
    })
    afterAll(() => hooks.stop())
    beforeEach(async () => {
      ns = await cluster().namespace()
    })
    afterEach(async () => {
      for (const path of made.splice(0)) await cluster().del(path)
    })

    const rule = (operations: string[], resources = ['configmaps'], apiGroups = ['']) => ({
      operations,
      apiGroups,
      apiVersions: ['v1'],
      resources,
    })
    /** Only for this test's own namespace, so that nobody else is in the way. */
    const hook = (path: string, extra: object = {}) => ({
      name: `${path.slice(1)}.hooks.example.com`,
      clientConfig: { url: `${hooks.url}${path}`, caBundle: hooks.caBundle },
      rules: [rule(['CREATE', 'UPDATE', 'DELETE'])],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ns } },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      ...extra,
    })
    const configure = async (kind: Kind, webhooks: object[]): Promise<void> => {
      const name = `${ns}-${kind}`
      const answer = await cluster().post(`${group}/${plurals[kind]}`, { metadata: { name }, webhooks })
      expect([answer.status, answer.body.message]).toEqual([201, undefined])
      made.push(`${group}/${plurals[kind]}/${name}`)
    }
    /** A real server takes a moment until it knows of a new configuration. */
    const untilAsked = (path: string, op = 'CREATE') =>
      eventually(async () => {
        await cluster().post(`${maps()}?dryRun=All`, configMap('probe'))
        expect(hooks.seen(path).some((one) => one.operation === op && one.namespace === ns)).toBe(true)
      })
    const seenOf = (path: string, name: string, operation = 'CREATE'): Json =>
      hooks.seen(path).findLast((one) => one.name === name && one.operation === operation)

    test('a mutating webhook changes what is stored, a validating one sees it so', async () => {
      hooks.on('/add', () => ({
        patch: [{ op: 'add', path: '/data', value: { added: 'yes' } }],
        warnings: ['mind this'],
      }))
      hooks.on('/see', () => ({}))
      await configure('mutating', [hook('/add')])
      await configure('validating', [hook('/see')])
      await untilAsked('/add')
      await untilAsked('/see')
      const answer = await cluster().post(maps(), configMap('a', { given: 'x' }))
      expect([answer.status, answer.body.data, answer.headers.warning]).toEqual([
        201,
        { added: 'yes' },
        '299 - "mind this"',
      ])
      expect(seenOf('/add', 'a').object).toMatchObject({ data: { given: 'x' }, metadata: { name: 'a', namespace: ns } })
      expect(seenOf('/add', 'a').object.metadata.uid).toBeUndefined()
      expect(seenOf('/see', 'a').object).toMatchObject({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: { added: 'yes' },
        metadata: { uid: answer.body.metadata.uid },
      })
    })

    test('the review names kind, resource, user, options', async () => {
      hooks.on('/review', () => ({}))
      await configure('validating', [hook('/review')])
      await untilAsked('/review')
      await cluster().post(`${maps()}?fieldManager=me`, configMap('a'))
      const me = await cluster().post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {})
      const { uid, object, userInfo, options, ...rest } = seenOf('/review', 'a')
      expect(rest).toEqual({
        kind: { group: '', version: 'v1', kind: 'ConfigMap' },
        resource: { group: '', version: 'v1', resource: 'configmaps' },
        requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
        requestResource: { group: '', version: 'v1', resource: 'configmaps' },
        name: 'a',
        namespace: ns,
        operation: 'CREATE',
        oldObject: null,
        dryRun: false,
      })
      expect(uid).toMatch(/^[0-9a-f-]{36}$/)
      expect(object.metadata.name).toBe('a')
      expect(userInfo.username).toBe(me.body.status.userInfo.username)
      expect(options).toMatchObject({ kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me' })
      await cluster().merge(`${maps()}/a`, { data: { b: 'c' } })
      const updated = seenOf('/review', 'a', 'UPDATE')
      expect([updated.oldObject.data ?? {}, updated.object.data, updated.options.kind]).toEqual([
        {},
        { b: 'c' },
        'UpdateOptions',
      ])
      await cluster().del(`${maps()}/a`)
      const gone = seenOf('/review', 'a', 'DELETE')
      expect([gone.object, gone.oldObject.data, gone.options.kind]).toEqual([null, { b: 'c' }, 'DeleteOptions'])
    })

    test("a refusal is the webhook's own status", async () => {
      hooks.on('/refuse', (request) => {
        if (request.name === 'plain') return { allowed: false }
        if (request.name === 'told')
          return { allowed: false, status: { message: 'not on a Friday', reason: 'Forbidden', code: 403 } }
        return {}
      })
      await configure('validating', [hook('/refuse')])
      await untilAsked('/refuse')
      const plain = await cluster().post(maps(), configMap('plain'))
      expect(plain.body).toMatchObject({
        status: 'Failure',
        message: 'admission webhook "refuse.hooks.example.com" denied the request without explanation',
        code: 400,
      })
      const told = await cluster().post(maps(), configMap('told'))
      expect(told.body).toMatchObject({
        message: 'admission webhook "refuse.hooks.example.com" denied the request: not on a Friday',
        reason: 'Forbidden',
        code: 403,
      })
      expect((await cluster().get(`${maps()}/told`)).status).toBe(404)
    })

    test('update, patch, apply and delete are refused too', async () => {
      hooks.on('/freeze', (request) => ({ allowed: request.operation === 'CREATE' }))
      await configure('validating', [hook('/freeze')])
      await untilAsked('/freeze')
      const created = await cluster().post(maps(), configMap('a'))
      const changed = { ...created.body, data: { x: 'y' } }
      const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: 'y' } }
      const answers = [
        await cluster().put(`${maps()}/a`, changed),
        await cluster().merge(`${maps()}/a`, { data: { x: 'y' } }),
        await cluster().apply(`${maps()}/a`, 'me', applied),
        await cluster().del(`${maps()}/a`),
      ]
      expect(answers.map((answer) => answer.status)).toEqual([400, 400, 400, 400])
      expect((await cluster().get(`${maps()}/a`)).body.data ?? {}).toEqual({})
    })

    test('failurePolicy decides when a webhook cannot be asked', async () => {
      hooks.on('/alive', () => ({}))
      const nowhere = { url: 'https://127.0.0.1:1/x', caBundle: hooks.caBundle }
      await configure('mutating', [
        hook('/ignored', { clientConfig: nowhere, failurePolicy: 'Ignore' }),
        hook('/alive'),
      ])
      await untilAsked('/alive')
      expect((await cluster().post(maps(), configMap('ignored'))).status).toBe(201)
      await configure('validating', [hook('/strict', { clientConfig: nowhere, timeoutSeconds: 5 })])
      await eventually(async () => {
        const failed = await cluster().post(`${maps()}?dryRun=All`, configMap('b'))
        expect([failed.status, failed.body.reason, failed.body.message]).toEqual([
          500,
          'InternalError',
          'Internal error occurred: failed calling webhook "strict.hooks.example.com": failed to call webhook: Post "https://127.0.0.1:1/x?timeout=5s": dial tcp 127.0.0.1:1: connect: connection refused',
        ])
      })
    })

    test('what answers wrongly, or not in time, counts as not asked', async () => {
      hooks.on('/slow', (request) => (request.name === 'slow' ? 'silence' : {}))
      hooks.on('/wrong', (request) => {
        if (request.name === 'uid') return { uid: 'other' }
        if (request.name === 'http') return { status: 500, text: 'broken' }
        if (request.name === 'patch') return { patch: [{ op: 'add', path: '/data', value: {} }] }
        return {}
      })
      await configure('validating', [hook('/slow', { timeoutSeconds: 1 }), hook('/wrong')])
      await untilAsked('/wrong')
      const refusal = async (name: string) => (await cluster().post(maps(), configMap(name))).body.message as string
      expect(await refusal('slow')).toBe(
        `Internal error occurred: failed calling webhook "slow.hooks.example.com": failed to call webhook: Post "${hooks.url}/slow?timeout=1s": context deadline exceeded`,
      )
      expect(await refusal('uid')).toMatch(
        /^Internal error occurred: failed calling webhook "wrong.hooks.example.com": received invalid webhook response: expected response.uid="[0-9a-f-]{36}", got "other"$/,
      )
      expect(await refusal('patch')).toBe(
        'Internal error occurred: failed calling webhook "wrong.hooks.example.com": received invalid webhook response: validating webhook may not return response.patch',
      )
      expect(await refusal('http')).toBe(
        'Internal error occurred: failed calling webhook "wrong.hooks.example.com": failed to call webhook: an error on the server ("broken") has prevented the request from succeeding',
      )
    })

    test("an authority that is not the bundle's is not trusted", async () => {
      hooks.on('/trusted', () => ({}))
      await configure('validating', [hook('/untrusted', { clientConfig: { url: `${hooks.url}/x` } })])
      await eventually(async () => {
        const failed = await cluster().post(`${maps()}?dryRun=All`, configMap('a'))
        expect(failed.body.message).toContain(
          'tls: failed to verify certificate: x509: certificate signed by unknown authority',
        )
      })
    })

    test('selectors, operations and resources choose what is asked', async () => {
      hooks.on('/labelled', () => ({}))
      hooks.on('/all', () => ({}))
      await configure('validating', [
        hook('/labelled', { objectSelector: { matchLabels: { watch: 'yes' } }, rules: [rule(['CREATE'])] }),
        hook('/all', { rules: [rule(['*'], ['*/*'], ['*'])] }),
      ])
      await untilAsked('/all')
      await cluster().post(maps(), configMap('plain'))
      await cluster().post(maps(), configMap('marked', {}, { labels: { watch: 'yes' } }))
      await cluster().merge(`${maps()}/marked`, { data: { a: 'b' } })
      const names = hooks.seen('/labelled').filter((one) => one.namespace === ns)
      expect(names.map((one) => `${one.operation} ${one.name}`)).toEqual(['CREATE marked'])
      expect(seenOf('/all', 'plain')).toBeDefined()
      const other = await cluster().namespace()
      await cluster().post(`/api/v1/namespaces/${other}/configmaps`, configMap('elsewhere'))
      expect(seenOf('/all', 'elsewhere')).toBeUndefined()
    })

    test('status and scale are resources of their own', async () => {
      hooks.on('/sub', () => ({}))
      const path = `/apis/apps/v1/namespaces/${ns}/deployments`
      await configure('validating', [
        hook('/sub', { rules: [rule(['*'], ['deployments/status', 'deployments/scale'], ['apps']), rule(['CREATE'])] }),
      ])
      await untilAsked('/sub')
      await cluster().post(path, deployment('d'))
      expect(seenOf('/sub', 'd')).toBeUndefined()
      await cluster().merge(`${path}/d/scale`, { spec: { replicas: 0 }, metadata: { annotations: {} } })
      const scaled = hooks.seen('/sub').findLast((one) => one.subResource === 'scale' && one.namespace === ns)
      expect(scaled).toMatchObject({
        kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
        resource: { group: 'apps', resource: 'deployments' },
        operation: 'UPDATE',
        object: { kind: 'Scale', spec: {} },
      })
      await cluster().merge(`${path}/d/status`, { status: { observedGeneration: 1 } })
      const status = hooks.seen('/sub').findLast((one) => one.subResource === 'status' && one.namespace === ns)
      expect(status).toMatchObject({ kind: { kind: 'Deployment' }, operation: 'UPDATE' })
    })

    test('evictions and token requests are asked about as what they are; the pod that goes is not', async () => {
      hooks.on('/calls', ({ name }: Json) => (name === 'stays' ? { allowed: false } : {}))
      await configure('validating', [
        hook('/calls', {
          rules: [
            rule(['CREATE'], ['pods/eviction', 'serviceaccounts/token', 'configmaps']),
            rule(['DELETE', 'UPDATE'], ['pods/*']),
          ],
        }),
      ])
      await untilAsked('/calls')
      const pods = `/api/v1/namespaces/${ns}/pods`
      const evict = async (name: string) => {
        await cluster().post(pods, {
          metadata: { name },
          spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'busybox' }] },
        })
        const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }
        return (await cluster().post(`${pods}/${name}/eviction`, eviction)).status
      }
      expect([await evict('goes'), await evict('stays')]).toEqual([201, 400])
      expect([(await cluster().get(`${pods}/goes`)).status, (await cluster().get(`${pods}/stays`)).status]).toEqual([
        404, 200,
      ])
      const asked = hooks.seen('/calls').filter((one) => one.namespace === ns && one.name === 'goes')
      expect(asked.map((one) => [one.subResource, one.operation, one.kind.kind, one.object?.kind])).toEqual([
        ['eviction', 'CREATE', 'Eviction', 'Eviction'],
      ])
      const token = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
      expect((await cluster().post(`/api/v1/namespaces/${ns}/serviceaccounts/default/token`, token)).status).toBe(201)
      expect(hooks.seen('/calls').findLast((one) => one.namespace === ns)).toMatchObject({
        subResource: 'token',
        operation: 'CREATE',
        kind: { group: 'authentication.k8s.io', kind: 'TokenRequest' },
      })
    })

    test('a dry run says so, and a write that a webhook would leave traces of is refused', async () => {
      hooks.on('/dry', () => ({}))
      await configure('validating', [hook('/dry', { sideEffects: 'NoneOnDryRun' })])
      await untilAsked('/dry')
      expect(seenOf('/dry', 'probe').dryRun).toBe(true)
      expect(seenOf('/dry', 'probe').options.dryRun).toEqual(['All'])
    })

    test('mutating webhooks are asked in order, and again when asked for', async () => {
      const append = (letter: string) => (request: Json) => ({
        patch: [{ op: 'add', path: '/data', value: { order: `${request.object.data?.order ?? ''}${letter}` } }],
      })
      hooks.on('/first', append('a'))
      hooks.on('/second', (request) => (request.object.data?.order?.includes('b') ? {} : append('b')(request)))
      await configure('mutating', [hook('/first', { reinvocationPolicy: 'IfNeeded' }), hook('/second')])
      await untilAsked('/second')
      const answer = await cluster().post(maps(), configMap('ordered'))
      expect(answer.body.data).toEqual({ order: 'aba' })
    })

    test('what a webhook makes of an object must be valid', async () => {
      hooks.on('/spoil', () => ({ patch: [{ op: 'add', path: '/data', value: { 'not ok': 'x' } }] }))
      await configure('mutating', [hook('/spoil')])
      await eventually(async () => {
        const refused = await cluster().post(`${maps()}?dryRun=All`, configMap('a'))
        expect([refused.status, refused.body.reason]).toEqual([422, 'Invalid'])
        expect(refused.body.message).toContain('data[not ok]')
      })
    })

    test('writes that meet while a webhook is asked lose nothing', async () => {
      hooks.on('/meet', () => ({}))
      await configure('validating', [hook('/meet')])
      await untilAsked('/meet')
      await cluster().post(maps(), configMap('busy'))
      const keys = Array.from({ length: 8 }, (_, index) => `k${index}`)
      const answers = await Promise.all(keys.map((key) => cluster().merge(`${maps()}/busy`, { data: { [key]: 'x' } })))
      expect(answers.map((answer) => answer.status)).toEqual(keys.map(() => 200))
      expect(Object.keys((await cluster().get(`${maps()}/busy`)).body.data).sort()).toEqual(keys)
    })

    test('a custom resource is shown in the version that was asked for', async () => {
      const plural = `w${ns.slice(-6)}s`.replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '')
      const crdGroup = 'hooks.example.com'
      const version = (name: string, storage: boolean) => ({
        name,
        served: true,
        storage,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      })
      const crd = {
        metadata: { name: `${plural}.${crdGroup}` },
        spec: {
          group: crdGroup,
          scope: 'Namespaced',
          names: { plural, kind: `Kind${plural}` },
          versions: [version('v1', true), version('v2', false)],
        },
      }
      const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
      expect((await cluster().post(crds, crd)).status).toBe(201)
      made.push(`${crds}/${plural}.${crdGroup}`)
      hooks.on('/equal', () => ({}))
      hooks.on('/exact', () => ({}))
      const rules = [rule(['CREATE'], [plural], [crdGroup])]
      await configure('validating', [hook('/equal', { rules }), hook('/exact', { rules, matchPolicy: 'Exact' })])
      const kind = `Kind${plural}`
      await eventually(async () => {
        const body = { apiVersion: `${crdGroup}/v2`, kind, metadata: { generateName: 'x-' } }
        const answer = await cluster().post(`/apis/${crdGroup}/v2/namespaces/${ns}/${plural}`, body)
        expect(answer.status).toBe(201)
        expect(hooks.seen('/equal').some((one) => one.namespace === ns)).toBe(true)
      })
      const seen = hooks.seen('/equal').findLast((one) => one.namespace === ns)
      expect(seen).toMatchObject({
        kind: { group: crdGroup, version: 'v1', kind },
        resource: { group: crdGroup, version: 'v1', resource: plural },
        requestKind: { version: 'v2' },
        requestResource: { version: 'v2' },
        object: { apiVersion: `${crdGroup}/v1` },
      })
      expect(hooks.seen('/exact').filter((one) => one.namespace === ns)).toEqual([])
    })

    test('an apply that creates is asked as a create', async () => {
      hooks.on('/applied', (request) =>
        request.name === 'a' ? { patch: [{ op: 'add', path: '/data', value: { added: 'yes' } }] } : {},
      )
      await configure('mutating', [hook('/applied')])
      await untilAsked('/applied')
      const applied = await cluster().apply(`${maps()}/a`, 'me', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a' },
      })
      expect([applied.status, applied.body.data]).toEqual([201, { added: 'yes' }])
      expect(seenOf('/applied', 'a').operation).toBe('CREATE')
    })

    test('conditions in CEL choose further, and one that fails counts as the failurePolicy says', async () => {
      const when = (expression: string) => ({ matchConditions: [{ name: 'when', expression }] })
      for (const path of ['/named', '/counted', '/broken']) hooks.on(path, () => ({}))
      hooks.on('/always', () => ({}))
      await configure('validating', [
        hook('/named', when("request.operation == 'CREATE' && object.metadata.name.startsWith('in-')")),
        hook('/counted', when("has(object.data) && size(object.data) > 1 && request.userInfo.username != ''")),
        hook('/broken', { ...when("object.data['x'] == 'y'"), failurePolicy: 'Ignore' }),
        hook('/always'),
      ])
      await untilAsked('/always')
      await cluster().post(maps(), configMap('in-one'))
      await cluster().post(maps(), configMap('two', { a: 'b', x: 'y' }))
      const names = (path: string) =>
        hooks
          .seen(path)
          .filter((one) => one.namespace === ns)
          .map((one) => one.name)
      expect([names('/named'), names('/counted'), names('/broken')]).toEqual([['in-one'], ['two'], ['two']])
      await configure('mutating', [hook('/strict', when("object.data['x'] == 'y'"))])
      await eventually(async () => {
        const refused = await cluster().post(maps(), configMap('three', { z: 'z' }))
        expect([refused.status, refused.body.reason, refused.body.message]).toEqual([
          403,
          'Forbidden',
          "configmaps \"three\" is forbidden: expression 'object.data['x'] == 'y'' resulted in error: no such key: x",
        ])
      })
    })

    test('a configuration is defaulted', async () => {
      const name = `${ns}-defaults`
      const webhook = {
        ...hook('/x'),
        namespaceSelector: undefined,
        clientConfig: { service: { namespace: 'a', name: 'b' } },
      }
      const answer = await cluster().post(`${group}/${plurals.mutating}?dryRun=All`, {
        metadata: { name },
        webhooks: [{ ...webhook, rules: [{ ...rule(['CREATE']), apiGroups: ['none.example.com'] }] }],
      })
      expect(answer.status).toBe(201)
      expect(answer.body.webhooks[0]).toMatchObject({
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        reinvocationPolicy: 'Never',
        timeoutSeconds: 10,
        clientConfig: { service: { namespace: 'a', name: 'b', port: 443 } },
        rules: [{ scope: '*' }],
      })
    })

    test('a bad configuration is Invalid', async () => {
      const bad = async (extra: object) =>
        (
          await cluster().post(`${group}/${plurals.validating}?dryRun=All`, {
            metadata: { name: 'bad' },
            webhooks: [hook('/x', extra)],
          })
        ).body.message.replace('ValidatingWebhookConfiguration.admissionregistration.k8s.io "bad" is invalid: ', '')
      expect(await bad({ name: 'short' })).toBe(
        'webhooks[0].name: Invalid value: "short": should be a domain with at least three segments separated by dots',
      )
      expect(await bad({ sideEffects: 'Some' })).toBe(
        'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
      )
      expect(await bad({ timeoutSeconds: 31 })).toBe(
        'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
      )
      expect(await bad({ clientConfig: {} })).toBe(
        'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
      )
      expect(await bad({ clientConfig: { url: 'http://a.example.com/x?y' } })).toBe(
        '[webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path], webhooks[0].clientConfig.url: Invalid value: "y": query parameters are not permitted in the URL]',
      )
      expect(await bad({ admissionReviewVersions: ['v9'] })).toBe(
        'webhooks[0].admissionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
      )
      expect(await bad({ failurePolicy: 'Maybe', matchPolicy: 'Some' })).toBe(
        '[webhooks[0].failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore", webhooks[0].matchPolicy: Unsupported value: "Some": supported values: "Equivalent", "Exact"]',
      )
      const conditions = (...expressions: string[]) => ({
        matchConditions: expressions.map((expression) => ({ name: 'c', expression })),
      })
      expect(await bad(conditions('', 'true'))).toBe(
        '[webhooks[0].matchConditions[0].expression: Required value, webhooks[0].matchConditions[1].name: Duplicate value: "c"]',
      )
      expect(await bad(conditions('"text"'))).toBe(
        'webhooks[0].matchConditions[0].expression: Invalid value: "\\"text\\"": must evaluate to bool but got string',
      )
      expect(await bad(conditions('nothing == 1'))).toContain(
        'webhooks[0].matchConditions[0].expression: Invalid value: "nothing == 1": compilation failed: ERROR: <input>:1:1: ',
      )
      expect(await bad({ rules: [rule([], ['*', 'pods'])] })).toBe(
        '[webhooks[0].rules[0].operations: Required value, webhooks[0].rules[0].resources: Invalid value: ["*","pods"]: if \'*\' is present, must not specify other resources without subresources]',
      )
    })

    test('kubectl shows them', async () => {
      await configure('validating', [hook('/x', { rules: [rule(['CREATE'], ['never'])] })])
      const shown = await cluster().kubectl(['get', plurals.validating, `${ns}-validating`])
      expect(shown.stdout).toMatch(/NAME +WEBHOOKS +AGE\n\S+ +1 +\S+\n/)
    })
  })
}
