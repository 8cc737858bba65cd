import { randomBytes } from 'node:crypto'
import type { Actor } from '@keelson/contracts/access'
import type { AccessAttributes, KubeObject } from '@keelson/contracts/kubernetes'
import { type KubeApi, type Resource, resources } from '@keelson/kube'
import { withRelay } from '@keelson/kube/testing'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serverNames, startTestPlatform, type TestPlatform } from '../testing/index.ts'
import { type AccessEvaluator, openEvaluator, rbacUserOf } from './evaluator.ts'

const apiGroup = 'rbac.authorization.k8s.io'
const patience = { timeoutMs: 15_000 }
const person = (username: string, groups: string[] = [], tokenWorkspace?: string): Actor => ({
  kind: 'person',
  username,
  groups,
  userId: username,
  via: 'token',
  ...(tokenWorkspace === undefined ? {} : { tokenWorkspace }),
})

/** A small generator with a seed, so that a failure can be seen again. */
function chooser(seed: number) {
  let state = seed
  return <T>(values: readonly T[]): T => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return values[Math.floor((state / 2_147_483_648) * values.length)] as T
  }
}

describe.each(serverNames)('the evaluator on %s', (server) => {
  let platform: TestPlatform
  let evaluator: AccessEvaluator
  let skipped: string | null = null
  const stopper = new AbortController()
  const prefix = `m${randomBytes(3).toString('hex')}`
  const made: { resource: Resource; ref: { name: string; namespace?: string } }[] = []

  const make = async (kube: KubeApi, resource: Resource, object: KubeObject) => {
    await kube.create(resource, object)
    const { name = '', namespace } = object.metadata
    made.push({ resource, ref: namespace === undefined ? { name } : { name, namespace } })
  }

  beforeAll(async () => {
    const started = await startTestPlatform(server)
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    platform = started
    evaluator = openEvaluator(platform.kube, stopper.signal)
    await evaluator.synced
  }, 180_000)

  afterAll(async () => {
    stopper.abort()
    if (skipped !== null) return
    for (const { resource, ref } of made) await platform.kube.delete(resource, ref).catch(() => {})
    await platform.stop()
  })

  it('answers as the server does, over a generated matrix of roles, bindings and questions', async ({ skip }) => {
    if (skipped !== null) return skip(skipped)
    const choose = chooser(20_261_123)
    const { kube } = platform
    const namespaces = [await platform.makeWorkspace({}), await platform.makeWorkspace({})]
    const groups = ['', 'keelson.dev', 'batch']
    const kinds = ['pods', 'experiments', 'jobs', 'registeredmodels']
    const verbs = ['get', 'list', 'create', 'delete']
    const rule = () => ({
      apiGroups: [choose([...groups, '*'])],
      resources: [choose([...kinds, '*', 'registeredmodels/stage', '*/stage', 'pods/log'])],
      verbs: [choose([...verbs, '*']), choose(verbs)],
      ...(choose([0, 0, 0, 1]) === 1 ? { resourceNames: ['special'] } : {}),
    })
    const roleNames = Array.from({ length: 8 }, (_, index) => `${prefix}-role-${index}`)
    for (const name of roleNames) {
      await make(kube, resources.clusterRoles, {
        apiVersion: `${apiGroup}/v1`,
        kind: 'ClusterRole',
        metadata: { name },
        rules: [rule(), rule()],
      })
      for (const namespace of namespaces) {
        await make(kube, resources.roles, {
          apiVersion: `${apiGroup}/v1`,
          kind: 'Role',
          metadata: { name, namespace },
          rules: [rule()],
        })
      }
    }
    const [first = '', second = ''] = namespaces
    const actors: Actor[] = [
      person(`${prefix}-ada`),
      person(`${prefix}-bob`, [`${prefix}-team`]),
      person(`${prefix}-eve`, [`${prefix}-other`]),
      {
        kind: 'pod',
        username: `system:serviceaccount:${first}:worker`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${first}`],
        namespace: first,
        serviceAccount: 'worker',
      },
    ]
    const subject = () =>
      choose([
        { kind: 'User', apiGroup, name: `${prefix}-ada` },
        { kind: 'User', apiGroup, name: `${prefix}-bob` },
        { kind: 'Group', apiGroup, name: `${prefix}-team` },
        { kind: 'Group', apiGroup, name: `system:serviceaccounts:${first}` },
        { kind: 'ServiceAccount', name: 'worker', namespace: first },
        { kind: 'User', apiGroup, name: 'worker' },
      ])
    for (let index = 0; index < 10; index += 1) {
      const roleRef = {
        apiGroup,
        kind: choose(['Role', 'ClusterRole']),
        name: choose([...roleNames, `${prefix}-missing`]),
      }
      const metadata = { name: `${prefix}-binding-${index}`, namespace: choose([first, second]) }
      await make(kube, resources.roleBindings, {
        apiVersion: `${apiGroup}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef,
        subjects: [subject(), subject()],
      })
    }
    await make(kube, resources.clusterRoleBindings, {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: `${prefix}-everywhere` },
      roleRef: { apiGroup, kind: 'ClusterRole', name: roleNames[0] ?? '' },
      subjects: [{ kind: 'Group', apiGroup, name: `${prefix}-other` }],
    })
    const questions: AccessAttributes[] = Array.from({ length: 120 }, () => {
      const [resource = '', subresource] = choose([...kinds, 'registeredmodels/stage', 'pods/log']).split('/')
      const namespace = choose([first, second, undefined])
      return {
        verb: choose(verbs),
        group: choose(groups),
        resource,
        ...(subresource === undefined ? {} : { subresource }),
        ...(namespace === undefined ? {} : { namespace }),
        ...(choose([true, false]) ? { name: choose(['special', 'other']) } : {}),
      }
    })
    let allowed = 0
    for (const question of questions) {
      const actor = choose(actors)
      // Both watch: each may be behind the other for a moment.
      const real = await eventually(async () => {
        const answer = (await kube.review(rbacUserOf(actor), question)).allowed
        expect(evaluator.decide(actor, question).allowed, JSON.stringify({ actor: actor.username, question })).toBe(
          answer,
        )
        return { answer }
      }, patience)
      if (real.answer) allowed += 1
    }
    // A matrix that only says no would prove nothing.
    expect(allowed).toBeGreaterThan(10)
    expect(allowed).toBeLessThan(110)
  }, 120_000)

  it('knows the three roles through their aggregation, and drops a binding at once', async ({ skip }) => {
    if (skipped !== null) return skip(skipped)
    const owner = person(`${prefix}-owner`)
    const editor = person(`${prefix}-editor`, [`${prefix}-editors`])
    const viewer = person(`${prefix}-viewer`)
    const workspace = await platform.makeWorkspace({
      owner: { kind: 'User', name: owner.username },
      contributor: { kind: 'Group', name: `${prefix}-editors` },
    })
    const binding = await platform.bind(workspace, 'viewer', { kind: 'User', name: viewer.username })
    const asked = (verb: string, resource: string, group = 'keelson.dev', subresource?: string): AccessAttributes => ({
      verb,
      group,
      resource,
      namespace: workspace,
      ...(subresource === undefined ? {} : { subresource }),
    })
    const table: [AccessAttributes, boolean, boolean, boolean][] = [
      [asked('get', 'experiments'), true, true, true],
      [asked('create', 'experiments'), true, true, false],
      [asked('update', 'registeredmodels', 'keelson.dev', 'stage'), true, false, false],
      [asked('create', 'endpoints', 'keelson.dev', 'invoke'), true, true, false],
      [asked('get', 'auditevents'), true, false, false],
      [asked('get', 'secrets', ''), true, true, false],
      [asked('get', 'pods', '', 'log'), true, true, true],
      [asked('create', 'rolebindings', apiGroup), true, false, false],
      [asked('create', 'jobs', 'batch'), true, true, false],
      [asked('create', 'inferenceservices', 'serving.kserve.io'), true, true, false],
      [asked('create', 'profiles', 'kubeflow.org'), false, false, false],
    ]
    await eventually(() => expect(evaluator.decide(viewer, asked('get', 'experiments')).allowed).toBe(true), patience)
    await eventually(() => expect(evaluator.decide(owner, asked('get', 'lineage')).allowed).toBe(true), patience)
    for (const [question, ...expected] of table) {
      const inMemory = [owner, editor, viewer].map((actor) => evaluator.decide(actor, question).allowed)
      const fresh = await Promise.all(
        [owner, editor, viewer].map(async (actor) => (await evaluator.decideFresh(actor, question)).allowed),
      )
      expect(inMemory, JSON.stringify(question)).toEqual(expected)
      expect(fresh, JSON.stringify(question)).toEqual(expected)
    }
    expect(evaluator.namespacesOf(viewer).names).toEqual([workspace])
    let changes = 0
    const stop = evaluator.onChange(() => {
      changes += 1
    })
    await platform.kube.delete(resources.roleBindings, { namespace: workspace, name: binding })
    await eventually(() => expect(evaluator.decide(viewer, asked('get', 'experiments')).allowed).toBe(false), patience)
    expect(changes).toBeGreaterThan(0)
    stop()
  })

  it('keeps a narrowed token in its workspace, whatever the person may do', async ({ skip }) => {
    if (skipped !== null) return skip(skipped)
    const admin = person(`${prefix}-root`, ['keelson-admins'], 'telco')
    const asked = (namespace?: string): AccessAttributes => ({
      verb: 'get',
      group: 'keelson.dev',
      resource: 'experiments',
      ...(namespace === undefined ? {} : { namespace }),
    })
    expect(evaluator.decide(admin, asked('telco')).allowed).toBe(true)
    expect(evaluator.decide(admin, asked('other')).allowed).toBe(false)
    expect(evaluator.decide(admin, asked()).allowed).toBe(false)
    expect((await evaluator.decideFresh(admin, asked('other'))).allowed).toBe(false)
    expect((await evaluator.decideFresh(admin, asked('telco'))).allowed).toBe(true)
    expect(evaluator.namespacesOf(admin)).toEqual({ names: ['telco'], everywhere: false })
  })

  it('fails closed before the first list and while the cluster is away, and comes back', async ({ skip }) => {
    if (skipped !== null) return skip(skipped)
    const relay = await withRelay(platform.kubeconfigPath)
    const stop = new AbortController()
    try {
      const away = openEvaluator(relay.kube, stop.signal)
      const admin = person('root', ['keelson-admins'])
      const asked = { verb: 'get', group: '', resource: 'pods', namespace: 'default' }
      expect(() => away.decide(admin, asked)).toThrow('cannot be read')
      await away.synced
      expect(away.decide(admin, asked).allowed).toBe(true)
      relay.cut()
      await eventually(() => expect(() => away.decide(admin, asked)).toThrow('cannot be read'), { timeoutMs: 90_000 })
      await expect(away.decideFresh(admin, asked)).rejects.toMatchObject({ code: 'unavailable' })
      await relay.mend()
      await eventually(() => expect(away.decide(admin, asked).allowed).toBe(true), { timeoutMs: 60_000 })
    } finally {
      stop.abort()
      await relay.stop()
    }
  }, 180_000)
})
