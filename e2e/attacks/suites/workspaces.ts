/** Another's workspace: its objects by every way to name them, namespaces that are two at once, what is heard of it, and operators. */
import type { AuditEvent } from '@keelson/contracts/access'
import { expect, it } from 'vitest'
import { configMap } from '../../conformance/cluster.ts'
import { procedures } from '../support/procedures.ts'
import type { World } from '../support/world.ts'

/** Namespaced kinds that people have things in, and the address of each kind. */
const kinds = {
  pods: '/api/v1',
  secrets: '/api/v1',
  configmaps: '/api/v1',
  events: '/api/v1',
  serviceaccounts: '/api/v1',
  jobs: '/apis/batch/v1',
  deployments: '/apis/apps/v1',
  rolebindings: '/apis/rbac.authorization.k8s.io/v1',
  inferenceservices: '/apis/serving.kserve.io/v1beta1',
} as const
const subresources = [
  'pods/x/log',
  'pods/x/exec',
  'pods/x/attach',
  'pods/x/portforward',
  'pods/x/proxy/',
  'serviceaccounts/default/token',
]

/** What may be submitted depends on the kind, so there must be one. */
const jobYaml =
  'apiVersion: batch/v1\nkind: Job\nmetadata: {name: attack}\nspec: {template: {spec: {containers: [{name: c, image: i}]}}}\n'
const secretYaml = 'apiVersion: v1\nkind: Secret\nmetadata: {name: attack}\n'
/** They answer what one may do there, of any name: which kinds there are is the cluster's own discovery, open to all. */
const decisions: ReadonlySet<string> = new Set(['access.check', 'objects.kinds'])
/** Ending a view is for whoever has one; it ends the caller's own. */
const forAll: ReadonlySet<string> = new Set(['admin.endView'])

export function workspacesSuite(open: () => World): void {
  it('item 3: every procedure refuses bob and mallory in alice’s workspace, before it looks for anything', async () => {
    const { alpha, call, emailOf } = open()
    const known = { workspace: alpha, confirm: alpha, runId: '0'.repeat(32), yaml: jobYaml, form: { name: 'attack' } }
    const isObjects = ({ path }: { path: string }) => path.startsWith('objects.')
    // Of Kubernetes' objects: of a kind that there is.
    const secrets = { ...known, group: '', version: 'v1', plural: 'secrets', yaml: secretYaml }
    const there = [
      ...procedures(known).filter((procedure) => !isObjects(procedure)),
      ...procedures(secrets).filter(isObjects),
    ].filter(({ fields, kind }) => fields.includes('workspace') && kind !== 'subscription')
    expect(there.length).toBeGreaterThan(25)
    for (const who of ['bob', 'mallory'] as const) {
      for (const { path, kind, input } of there) {
        const answer = await call(who, path, kind === 'mutation' ? 'mutation' : 'query', input)
        if (decisions.has(path)) {
          expect(JSON.stringify(answer.data), path).not.toContain('"allowed":true')
          continue
        }
        expect(answer.error?.code, `${who} ${path} ${JSON.stringify(answer.data ?? answer.error)}`).toBe('forbidden')
      }
      await open().refused({ actor: emailOf(who), workspace: alpha, what: /^jobs\.submit/ })
    }
  })

  it('item 3: the same in a batch with bob’s own, and by the other wire formats', async () => {
    const { alpha, quota, gateway, cookieOf, send, emailOf } = open()
    const input = encodeURIComponent(
      JSON.stringify({ 0: { json: { workspace: quota } }, 1: { json: { workspace: alpha } } }),
    )
    const batch = await send({
      path: `/api/trpc/experiments.list,experiments.list?batch=1&input=${input}`,
      headers: { cookie: cookieOf('bob') },
    })
    const [own, foreign] = JSON.parse(batch.body) as { result?: unknown; error?: unknown }[]
    expect(own?.result).toBeDefined()
    expect(foreign?.error).toBeDefined()
    expect(foreign?.result).toBeUndefined()
    const headers = { cookie: cookieOf('bob'), origin: gateway.url, 'content-type': 'application/json' }
    for (const [method, path] of [
      ['GET', 'mlflow/api/2.0/mlflow/experiments/get?experiment_id=0'],
      ['POST', 'mlflow/api/2.0/mlflow/runs/search'],
      ['POST', 'mlflow/api/2.0/mlflow/runs/create'],
      ['GET', 'mlflow/api/2.0/mlflow/registered-models/search'],
      ['GET', 'mlflow/api/2.0/mlflow-artifacts/artifacts/1/2/artifacts/model.pkl'],
      ['PUT', 'mlflow/api/2.0/mlflow-artifacts/artifacts/1/2/artifacts/model.pkl'],
      ['GET', 'content/1/2/artifacts/report.html'],
      ['POST', 'serving/churn/v1/models/churn:predict'],
    ] as const) {
      const body = method === 'GET' ? {} : { body: '{"experiment_ids":["0"],"experiment_id":"0","instances":[1]}' }
      const answer = await send({ path: `/workspaces/${alpha}/${path}`, method, headers, ...body })
      expect(answer.status, `${method} ${path} ${answer.body}`).toBe(403)
    }
    await open().refused({ actor: emailOf('bob'), workspace: alpha, what: /^content GET/ })
    await open().refused({ actor: emailOf('bob'), workspace: alpha, what: /^inference POST/ })
  })

  it('item 3: the API server answers 403 for alice’s objects, and the same for those that do not exist', async () => {
    const { alpha, cluster, as } = open()
    await cluster.post(`/api/v1/namespaces/${alpha}/secrets`, {
      metadata: { name: 'real' },
      stringData: { key: 'top' },
    })
    await cluster.post(`/api/v1/namespaces/${alpha}/configmaps`, configMap('real'))
    for (const who of ['bob', 'mallory'] as const) {
      for (const [plural, root] of Object.entries(kinds)) {
        const at = `${root}/namespaces/${alpha}/${plural}`
        for (const path of [at, `${at}/real`, `${at}/missing`, `${at}?watch=1&timeoutSeconds=1`, `${root}/${plural}`])
          expect((await cluster.get(path, as(who))).status, `${who} GET ${path}`).toBe(403)
        expect(
          (await cluster.call('POST', at, { headers: as(who), body: { metadata: { name: 'planted' } } })).status,
          `${who} POST ${at}`,
        ).toBe(403)
        for (const method of ['DELETE', 'PATCH', 'PUT'])
          expect(
            (
              await cluster.call(method, `${at}/real`, {
                headers: as(who),
                body: {},
                type: method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
              })
            ).status,
            `${who} ${method} ${at}`,
          ).toBe(403)
      }
      for (const path of subresources)
        expect(
          (
            await cluster.call(path.endsWith('token') ? 'POST' : 'GET', `/api/v1/namespaces/${alpha}/${path}`, {
              headers: as(who),
            })
          ).status,
          path,
        ).toBe(403)
      const [there, nowhere] = await Promise.all(
        ['real', 'missing'].map((name) => cluster.get(`/api/v1/namespaces/${alpha}/secrets/${name}`, as(who))),
      )
      expect(there?.body.message.replace('real', 'missing')).toBe(nowhere?.body.message)
    }
  })

  it('item 4: what says two namespaces is refused, and odd ones are none', async () => {
    const { alpha, quota, cluster, as, send, gateway, cookieOf, call } = open()
    const post = (path: string, body: object) => cluster.call('POST', path, { headers: as('bob'), body })
    const elsewhere = configMap('two', {}, { namespace: alpha })
    expect((await post(`/api/v1/namespaces/${quota}/configmaps`, elsewhere)).status).toBe(400)
    expect((await cluster.get(`/api/v1/namespaces/${alpha}/configmaps/two`)).status).toBe(404)
    const job = `apiVersion: batch/v1\nkind: Job\nmetadata: {name: two, namespace: ${alpha}}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: shell, command: ['true']}]}}}`
    const submitted = await call('bob', 'jobs.submit', 'mutation', { workspace: quota, yaml: job })
    expect(['invalid', 'forbidden']).toContain(submitted.error?.code)
    expect((await cluster.get(`/apis/batch/v1/namespaces/${alpha}/jobs`)).body.items).toEqual([])
    for (const name of ['..', '.', '%2e%2e', `${alpha}%2fpods`, alpha.toUpperCase(), '']) {
      const answer = await cluster.get(`/api/v1/namespaces/${name}/secrets`, as('bob'))
      expect(answer.status, name).toBeGreaterThanOrEqual(301)
      expect(JSON.stringify(answer.body), name).not.toContain('SecretList')
      const workspace = decodeURIComponent(name)
      expect((await call('bob', 'experiments.list', 'query', { workspace })).data, name).toBeNull()
      const path = `/workspaces/${name}/mlflow/api/2.0/mlflow/experiments/search`
      expect(
        (await send({ path, method: 'POST', body: '{}', headers: { cookie: cookieOf('bob'), origin: gateway.url } }))
          .status,
        name,
      ).toBeGreaterThanOrEqual(400)
    }
    const header = {
      cookie: cookieOf('bob'),
      origin: gateway.url,
      'x-mlflow-workspace': alpha,
      'content-type': 'application/json',
    }
    const search = 'mlflow/api/2.0/mlflow/experiments/search'
    expect(
      (
        await send({
          path: `/workspaces/${quota}/${search}`,
          method: 'POST',
          body: '{"max_results":1}',
          headers: header,
        })
      ).status,
    ).toBe(400)
    expect(
      (await send({ path: `/${search}`, method: 'POST', body: '{"max_results":1}', headers: header })).status,
    ).toBe(403)
    await open().refused({ actor: open().emailOf('bob'), workspace: alpha, what: /^mlflow-root POST/ })
  })

  it('item 22: who has no business there hears of no workspace, owner, contributor or person', async () => {
    const { alpha, quota, call, emailOf, cluster, as } = open()
    const secrets = [alpha, quota, emailOf('alice'), emailOf('bob'), emailOf('root')]
    for (const { path, kind, fields, input } of procedures({})) {
      if (kind !== 'query' || fields.includes('workspace')) continue
      const answer = JSON.stringify((await call('mallory', path, 'query', input)).data)
      for (const secret of secrets) expect(answer, path).not.toContain(secret)
    }
    for (const path of [
      '/api/v1/namespaces',
      `/api/v1/namespaces/${alpha}`,
      '/api/v1/nodes',
      '/apis/kubeflow.org/v1/profiles',
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
      '/apis/storage.k8s.io/v1/storageclasses',
    ])
      expect([403, 404], path).toContain((await cluster.get(path, as('mallory'))).status)
    // An answer is nobody else's: none is kept by a cache, and none has a tag to ask about.
    const { send, cookieOf } = open()
    for (const path of ['/api/trpc/access.me', '/api/trpc/workspaces.list']) {
      const answer = await send({ path, headers: { cookie: cookieOf('alice') } })
      expect(answer.headers['cache-control'], path).toBe('no-store')
      expect(answer.headers.etag, path).toBeUndefined()
    }
  })

  it('item 24: who reads everything needs the right each time, and leaves a record', async () => {
    const { call, emailOf, callAs, quota } = open()
    for (const who of ['alice', 'bob', 'mallory'] as const)
      expect((await call(who, 'admin.audit', 'query', {})).error?.code).toBe('forbidden')
    await open().refused({ actor: emailOf('bob'), what: /^admin\.audit/ })
    for (const { path, kind, input } of procedures({ username: emailOf('alice'), reason: 'curious' }))
      if (path.startsWith('admin.') && !forAll.has(path))
        expect((await call('bob', path, kind === 'mutation' ? 'mutation' : 'query', input)).error?.code, path).toBe(
          'forbidden',
        )
    const { data } = await call('root', 'admin.audit', 'query', { actor: emailOf('root'), action: 'audit.read' })
    expect((data as AuditEvent[]).length).toBeGreaterThan(0)
    // A token of the operator that is narrowed to one workspace is no operator.
    const made = await call('root', 'access.createToken', 'mutation', { name: 'narrow', workspace: quota })
    const { secret } = made.data as { secret: string }
    const narrowed = await callAs(emailOf('root'), { authorization: `Bearer ${secret}` }, 'admin.audit', 'query', {})
    expect(narrowed.error?.code).toBe('forbidden')
  })

  it('item 3: owners see in Activity what was refused in their workspace, and viewers do not', async () => {
    const { alpha, call, emailOf } = open()
    await open().refused({ actor: emailOf('bob'), workspace: alpha })
    const seen = await call('alice', 'activity.list', 'query', { workspace: alpha, limit: 200 })
    const { items } = seen.data as { items: { reason: string; level: string; actor: string }[] }
    expect(items).toContainEqual(
      expect.objectContaining({ reason: 'access.refused', level: 'warning', actor: emailOf('bob') }),
    )
    const visible = await call('vera', 'activity.list', 'query', { workspace: alpha, limit: 200 })
    expect(JSON.stringify(visible.data)).not.toContain('access.refused')
  })
}
