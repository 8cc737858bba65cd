import { beforeAll, describe, expect, test } from 'vitest'
import { configMap, deployment, job, podTemplate, type Subject } from '../cluster.ts'

export function objectSuite({ cluster }: Subject): void {
  describe('objects', () => {
    let ns = ''
    const cms = () => `/api/v1/namespaces/${ns}/configmaps`
    const deployments = () => `/apis/apps/v1/namespaces/${ns}/deployments`
    const jobs = () => `/apis/batch/v1/namespaces/${ns}/jobs`
    beforeAll(async () => {
      ns = await cluster().namespace()
    })

    test('create answers 201 with uid, resourceVersion, time and namespace', async () => {
      const made = await cluster().post(cms(), configMap('a', { x: 'y' }))
      expect(made.status).toBe(201)
      expect(made.body).toMatchObject({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: { x: 'y' },
        metadata: { name: 'a', namespace: ns },
      })
      expect(made.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
      expect(made.body.metadata.resourceVersion).toMatch(/^\d+$/)
      expect(made.body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    })

    test('a second create is AlreadyExists', async () => {
      await cluster().post(cms(), configMap('twice'))
      const again = await cluster().post(cms(), configMap('twice'))
      expect(again.status).toBe(409)
      expect(again.body).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'configmaps "twice" already exists',
        reason: 'AlreadyExists',
        details: { name: 'twice', kind: 'configmaps' },
        code: 409,
      })
    })

    test('a clusterIP that is out of range or taken is refused', async () => {
      const services = `/api/v1/namespaces/${ns}/services`
      const make = (name: string, clusterIP?: string) =>
        cluster().post(services, {
          metadata: { name },
          spec: { ports: [{ port: 80 }], ...(clusterIP && { clusterIP }) },
        })
      const taken = (await make('first')).body.spec.clusterIP
      for (const [address, why] of [
        ['8.8.8.8', 'the provided network does not match the current range'],
        [taken, 'provided IP is already allocated'],
      ]) {
        const refused = await make('second', address)
        expect([refused.status, refused.body.message]).toEqual([
          422,
          `Service "second" is invalid: spec.clusterIPs: Invalid value: ["${address}"]: failed to allocate IP ${address}: ${why}`,
        ])
      }
    })

    test('what is not there is NotFound, with the group in its name', async () => {
      const missing = await cluster().get(`${jobs()}/nope`)
      expect(missing.body).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'jobs.batch "nope" not found',
        reason: 'NotFound',
        details: { name: 'nope', group: 'batch', kind: 'jobs' },
        code: 404,
      })
    })

    test('an unknown resource is a 404 without details', async () => {
      const missing = await cluster().get(`/api/v1/namespaces/${ns}/frobs`)
      expect([missing.status, missing.headers['content-type']]).toEqual([404, expect.any(String)])
    })

    test('generateName makes a name', async () => {
      const made = await cluster().post(cms(), { metadata: { generateName: 'gen-' } })
      expect(made.status).toBe(201)
      expect(made.body.metadata.name).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    })

    test('no name at all is Invalid', async () => {
      const refused = await cluster().post(cms(), { metadata: {} })
      expect([refused.status, refused.body.reason]).toEqual([422, 'Invalid'])
      expect(refused.body.details.causes).toEqual([
        {
          reason: 'FieldValueRequired',
          message: 'Required value: name or generateName is required',
          field: 'metadata.name',
        },
      ])
    })

    test('a bad name names the rule', async () => {
      const refused = await cluster().post(cms(), configMap('Not_OK'))
      expect(refused.status).toBe(422)
      expect(refused.body.message).toBe(
        `ConfigMap "Not_OK" is invalid: metadata.name: Invalid value: "Not_OK": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      )
    })

    test('a bad label value is Invalid', async () => {
      const refused = await cluster().post(cms(), configMap('lab', {}, { labels: { a: 'not ok!' } }))
      expect(refused.status).toBe(422)
      expect(refused.body.details.causes[0]).toMatchObject({ reason: 'FieldValueInvalid', field: 'metadata.labels' })
    })

    test('another kind in the body is BadRequest', async () => {
      const refused = await cluster().post(cms(), { ...configMap('x'), kind: 'Secret' })
      expect([refused.status, refused.body.reason]).toEqual([400, 'BadRequest'])
    })

    test('a namespace in the body that disagrees is BadRequest', async () => {
      const refused = await cluster().post(cms(), configMap('x', {}, { namespace: 'default' }))
      expect([refused.status, refused.body.message]).toEqual([
        400,
        'the namespace of the provided object does not match the namespace sent on the request',
      ])
    })

    test('malformed JSON is BadRequest', async () => {
      const refused = await cluster().call('POST', cms(), { raw: '{"metadata":' })
      expect([refused.status, refused.body.reason]).toEqual([400, 'BadRequest'])
    })

    test('an unknown media type is 415', async () => {
      const refused = await cluster().call('POST', cms(), { raw: 'x', type: 'text/csv' })
      expect([refused.status, refused.body.reason]).toEqual([415, 'UnsupportedMediaType'])
    })

    test('YAML bodies are read', async () => {
      const made = await cluster().call('POST', cms(), {
        raw: 'metadata:\n  name: from-yaml\ndata:\n  a: "1"\n',
        type: 'application/yaml',
      })
      expect([made.status, made.body.data]).toEqual([201, { a: '1' }])
    })

    test('a create in a namespace that is not there is NotFound', async () => {
      const refused = await cluster().post('/api/v1/namespaces/nowhere-at-all/configmaps', configMap('x'))
      expect([refused.status, refused.body.message]).toEqual([404, 'namespaces "nowhere-at-all" not found'])
    })

    test('unknown fields: Strict refuses, Warn warns, Ignore keeps silent; all drop', async () => {
      const body = { ...configMap('uf'), bogus: 1 }
      const strict = await cluster().post(`${cms()}?fieldValidation=Strict`, body)
      expect([strict.status, strict.body.message]).toEqual([
        400,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "bogus"',
      ])
      const warned = await cluster().post(`${cms()}?fieldValidation=Warn`, body)
      expect([warned.status, warned.body.bogus, warned.headers.warning]).toEqual([
        201,
        undefined,
        '299 - "unknown field \\"bogus\\""',
      ])
      const silent = await cluster().post(`${cms()}?fieldValidation=Ignore`, { ...body, metadata: { name: 'uf2' } })
      expect([silent.status, silent.headers.warning]).toEqual([201, undefined])
    })

    test('dryRun=All answers and keeps nothing; another value is Invalid', async () => {
      const dry = await cluster().post(`${cms()}?dryRun=All`, configMap('dry'))
      expect([dry.status, dry.body.metadata.name]).toEqual([201, 'dry'])
      expect((await cluster().get(`${cms()}/dry`)).status).toBe(404)
      expect((await cluster().post(`${cms()}?dryRun=Some`, configMap('dry'))).status).toBe(422)
    })

    test('an update with an old resourceVersion is a Conflict', async () => {
      const made = (await cluster().post(cms(), configMap('stale'))).body
      await cluster().put(`${cms()}/stale`, { ...made, data: { a: '1' } })
      const stale = await cluster().put(`${cms()}/stale`, { ...made, data: { a: '2' } })
      expect([stale.status, stale.body.message]).toEqual([
        409,
        'Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again',
      ])
    })

    test('an update that changes nothing keeps the resourceVersion', async () => {
      const made = (await cluster().post(cms(), configMap('same', { a: '1' }))).body
      const same = await cluster().put(`${cms()}/same`, made)
      expect([same.status, same.body.metadata.resourceVersion]).toEqual([200, made.metadata.resourceVersion])
    })

    test('the name in the body must be that of the path', async () => {
      await cluster().post(cms(), configMap('named'))
      const refused = await cluster().put(`${cms()}/named`, configMap('other'))
      expect([refused.status, refused.body.message]).toEqual([
        400,
        'the name of the object (other) does not match the name on the URL (named)',
      ])
    })

    test('Deployment gets its defaults', async () => {
      const { apiVersion, kind, metadata, spec } = deployment('defaults')
      const made = await cluster().post(deployments(), {
        apiVersion,
        kind,
        metadata,
        spec: { selector: spec.selector, template: spec.template, replicas: 0 },
      })
      expect(made.status).toBe(201)
      expect(made.body.metadata.generation).toBe(1)
      expect(made.body.spec).toMatchObject({
        progressDeadlineSeconds: 600,
        revisionHistoryLimit: 10,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      })
      expect(made.body.spec.template.spec).toEqual({
        containers: [
          {
            name: 'c',
            image: 'busybox',
            command: ['true'],
            imagePullPolicy: 'Always',
            resources: {},
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
          },
        ],
        dnsPolicy: 'ClusterFirst',
        restartPolicy: 'Always',
        schedulerName: 'default-scheduler',
        securityContext: {},
        terminationGracePeriodSeconds: 30,
      })
    })

    test('a selector that does not match the template is Invalid', async () => {
      const refused = await cluster().post(deployments(), {
        ...deployment('sel'),
        spec: { selector: { matchLabels: { app: 'y' } }, template: podTemplate() },
      })
      expect(refused.status).toBe(422)
      expect(refused.body.message).toBe(
        'Deployment.apps "sel" is invalid: spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
      )
    })

    test('the selector of a Deployment is immutable', async () => {
      const made = (await cluster().post(deployments(), deployment('imm'))).body
      // The Deployment controller writes the status meanwhile.
      delete made.metadata.resourceVersion
      made.spec.selector.matchLabels = { app: 'z' }
      made.spec.template.metadata.labels = { app: 'z' }
      const refused = await cluster().put(`${deployments()}/imm`, made)
      expect(refused.status).toBe(422)
      expect(refused.body.details.causes[0]).toMatchObject({ reason: 'FieldValueInvalid', field: 'spec.selector' })
      expect(refused.body.message).toContain('field is immutable')
    })

    test('a wrong type is BadRequest with the field', async () => {
      const refused = await cluster().post(deployments(), {
        ...deployment('typ'),
        spec: { ...deployment('typ').spec, replicas: 'many' },
      })
      expect(refused.status).toBe(400)
      expect(refused.body.message).toBe(
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
      )
    })

    test('Job gets a selector and labels of its own', async () => {
      const made = await cluster().post(jobs(), job('own'))
      expect(made.status).toBe(201)
      const { uid } = made.body.metadata
      expect(made.body.spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': uid } })
      expect(made.body.spec.template.metadata.labels).toEqual({
        'batch.kubernetes.io/controller-uid': uid,
        'batch.kubernetes.io/job-name': 'own',
        'controller-uid': uid,
        'job-name': 'own',
      })
      expect(made.body.spec).toMatchObject({
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        completions: 1,
        parallelism: 1,
        podReplacementPolicy: 'TerminatingOrFailed',
        suspend: true,
      })
    })

    test('Job with restartPolicy Always is refused', async () => {
      const body = job('always')
      body.spec.template.spec.restartPolicy = 'Always'
      const refused = await cluster().post(jobs(), body)
      expect(refused.status).toBe(422)
      expect(refused.body.message).toBe(
        'Job.batch "always" is invalid: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
      )
    })

    test('Job.spec.template is immutable once it runs', async () => {
      await cluster().post(jobs(), { ...job('fixed'), spec: { ...job('fixed').spec, suspend: false, parallelism: 0 } })
      const refused = await cluster().merge(`${jobs()}/fixed`, {
        spec: { template: { spec: { restartPolicy: 'OnFailure' } } },
      })
      expect(refused.status).toBe(422)
      expect(refused.body.details.causes[0]).toMatchObject({ reason: 'FieldValueInvalid', field: 'spec.template' })
    })

    test('a pod without containers is Invalid', async () => {
      const refused = await cluster().post(`/api/v1/namespaces/${ns}/pods`, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { containers: [] },
      })
      expect([refused.status, refused.body.message]).toEqual([
        422,
        'Pod "p" is invalid: spec.containers: Required value',
      ])
    })

    test('a volume mount without its volume is Invalid', async () => {
      const refused = await cluster().post(`/api/v1/namespaces/${ns}/pods`, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { containers: [{ name: 'c', image: 'x', volumeMounts: [{ name: 'nope', mountPath: '/x' }] }] },
      })
      expect([refused.status, refused.body.message]).toEqual([
        422,
        'Pod "p" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "nope"',
      ])
    })

    test('quantities are kept in their canonical form', async () => {
      const limits = { cpu: '0.5', memory: '1024Mi' }
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'q' },
        spec: { containers: [{ name: 'c', image: 'x', resources: { limits } }] },
      }
      const made = await cluster().post(`/api/v1/namespaces/${ns}/pods?dryRun=All`, pod)
      const canonical = { cpu: '500m', memory: '1Gi' }
      expect([made.status, made.body.spec.containers[0].resources]).toEqual([
        201,
        { limits: canonical, requests: canonical },
      ])
    })

    test('a pod is bound once, which is no new generation', async () => {
      const pods = `/api/v1/namespaces/${ns}/pods`
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'bound' },
        spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'x' }] },
      }
      const made = await cluster().post(pods, pod)
      expect([made.status, made.body.metadata.generation]).toEqual([201, 1])
      const binding = (node: string) => ({
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'bound' },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      })
      expect((await cluster().post(`${pods}/bound/binding`, binding('somewhere'))).status).toBe(201)
      const bound = (await cluster().get(`${pods}/bound`)).body
      expect([bound.spec.nodeName, bound.metadata.generation]).toEqual(['somewhere', 1])
      const again = await cluster().post(`${pods}/bound/binding`, binding('elsewhere'))
      expect([again.status, again.body.reason]).toEqual([409, 'Conflict'])
    })

    test('a method that a resource does not have is 405', async () => {
      const refused = await cluster().post(`${cms()}/a`, configMap('a'))
      expect([refused.status, refused.body.message]).toEqual([
        405,
        'the server does not allow this method on the requested resource',
      ])
    })

    test('Secret: stringData becomes data, type defaults to Opaque', async () => {
      const made = await cluster().post(`/api/v1/namespaces/${ns}/secrets`, {
        metadata: { name: 's' },
        stringData: { a: 'b' },
      })
      expect([made.status, made.body.data, made.body.stringData, made.body.type]).toEqual([
        201,
        { a: 'Yg==' },
        undefined,
        'Opaque',
      ])
    })

    test('an immutable ConfigMap stays', async () => {
      await cluster().post(cms(), { ...configMap('frozen', { a: '1' }), immutable: true })
      const refused = await cluster().merge(`${cms()}/frozen`, { data: { a: '2' } })
      expect([refused.status, refused.body.message]).toEqual([
        422,
        'ConfigMap "frozen" is invalid: data: Forbidden: field is immutable when `immutable` is set',
      ])
    })

    test('status of a Deployment is written through its subresource only', async () => {
      await cluster().post(deployments(), deployment('st'))
      await cluster().merge(`${deployments()}/st`, {
        status: { conditions: [{ type: 'X', status: 'True' }] },
        metadata: { annotations: { a: '1' } },
      })
      expect(
        (await cluster().get(`${deployments()}/st`)).body.status.conditions?.find(
          (item: { type: string }) => item.type === 'X',
        ),
      ).toBeUndefined()
      const written = await cluster().merge(`${deployments()}/st/status`, {
        status: { conditions: [{ type: 'X', status: 'True' }] },
        spec: { replicas: 5 },
      })
      expect([
        written.status,
        written.body.spec.replicas,
        written.body.status.conditions.some((item: { type: string }) => item.type === 'X'),
      ]).toEqual([200, 0, true])
    })

    test('scale reads and writes replicas', async () => {
      await cluster().post(deployments(), deployment('sc'))
      const scale = await cluster().get(`${deployments()}/sc/scale`)
      expect(scale.body).toMatchObject({
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name: 'sc' },
        spec: {},
        status: { replicas: 0, selector: 'app=x' },
      })
      const scaled = await cluster().merge(`${deployments()}/sc/scale`, { spec: { replicas: 0 } })
      expect(scaled.status).toBe(200)
    })

    test('generation counts changes of the spec only', async () => {
      await cluster().post(deployments(), deployment('gen'))
      const labelled = await cluster().merge(`${deployments()}/gen`, { metadata: { labels: { a: 'b' } } })
      expect(labelled.body.metadata.generation).toBe(1)
      const changed = await cluster().merge(`${deployments()}/gen`, { spec: { revisionHistoryLimit: 3 } })
      expect(changed.body.metadata.generation).toBe(2)
    })
  })
}
