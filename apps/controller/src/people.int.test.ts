/**
 * What people do with workspaces, contributors and jobs, with everything real: the use cases under the gateway's own service
 * account, the controller under its own, and the cluster's word on each.
 */
import { randomBytes } from 'node:crypto'
import type { Actor } from '@keelson/contracts/access'
import { listActivity } from '@keelson/core/activity'
import type { Ctx } from '@keelson/core/context'
import { refusal, serverNames, type TestPlatform } from '@keelson/core/testing'
import { deleteJob, getJob, listJobs, readJobLogs, retryJob, submitJob, suspendJob } from '@keelson/core/training'
import {
  addContributor,
  createWorkspace,
  getWorkspace,
  listContributors,
  listWorkspaces,
  removeContributor,
} from '@keelson/core/workspaces'
import { resources } from '@keelson/kube'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PeoplePlatform, patience, person, startPeoplePlatform } from './testing/people-platform.ts'

function jobYaml(name: string, more = ''): string {
  return `apiVersion: batch/v1
kind: Job
metadata: { name: ${name}${more} }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: busybox, command: [sh, -c, "true"] }]
`
}

describe.each(serverNames)('people and their workspaces on %s', (name) => {
  let platform: TestPlatform
  let people: PeoplePlatform
  let skipped: string | null = null
  const workspace = `people-${randomBytes(4).toString('hex')}`
  const as = (actor: Actor): Ctx => people.as(actor)
  const ana = () => as(person('ana@example.test'))
  const bob = () => as(person('bob@example.test'))
  const eve = () => as(person('eve@example.test'))

  beforeAll(async () => {
    const started = await startPeoplePlatform(name)
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    people = started
    platform = started.platform
  }, 240_000)
  afterAll(async () => {
    if (skipped !== null) return
    await platform?.kube.delete(resources.profiles, { name: workspace }).catch(() => {})
    await eventually(
      async () => expect(await platform.kube.find(resources.profiles, { name: workspace })).toBeNull(),
      patience,
    ).catch(() => {})
    await people?.stop()
  }, 120_000)
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)), 120_000)

  test('whoever makes a workspace owns it, at once; others do not even hear of it', async () => {
    expect(await createWorkspace(ana(), { name: workspace })).toMatchObject({
      name: workspace,
      owner: 'ana@example.test',
      role: 'owner',
      status: { status: 'ready' },
    })
    expect((await listWorkspaces(ana())).map((each) => each.name)).toContain(workspace)
    expect((await listWorkspaces(eve())).map((each) => each.name)).not.toContain(workspace)
    const [there, nowhere] = [
      await refusal(getWorkspace(eve(), { workspace })),
      await refusal(getWorkspace(eve(), { workspace: 'no-such' })),
    ]
    expect([there.code, nowhere.code]).toEqual(['forbidden', 'forbidden'])
    expect(there.message.replace(workspace, 'X')).toBe(nowhere.message.replace('no-such', 'X'))
  })

  test('refuses names that are kept or taken, and who may not make any', async () => {
    for (const kept of ['kube-system', 'default', 'keelson-system', 'api', 'kubeflow']) {
      expect(await refusal(createWorkspace(eve(), { name: kept }))).toMatchObject({
        code: 'invalid',
        faults: [{ field: 'name' }],
      })
    }
    const taken = await refusal(createWorkspace(eve(), { name: workspace }))
    expect(taken).toMatchObject({ code: 'already_exists' })
    expect(taken.message).not.toContain('ana')
    expect(await refusal(createWorkspace(as(person('eve@example.test', [], 'other')), { name: 'mine' }))).toMatchObject(
      { code: 'forbidden' },
    )
    const pod: Actor = {
      kind: 'pod',
      username: `system:serviceaccount:${workspace}:default-editor`,
      groups: [],
      namespace: workspace,
      serviceAccount: 'default-editor',
    }
    expect(await refusal(createWorkspace(as(pod), { name: 'from-a-pod' }))).toMatchObject({ code: 'forbidden' })
    expect(
      await refusal(
        ana()
          .kube.as({ username: 'eve@example.test', groups: [] })
          .create(resources.profiles, { apiVersion: '', kind: '', metadata: { name: 'by-hand' } }),
      ),
    ).toMatchObject({ code: 'forbidden' })
  })

  test('the owner gives roles as Kubeflow’s access API would', async () => {
    const added = await addContributor(ana(), {
      workspace,
      subjectKind: 'User',
      subject: 'Bob@example.test',
      role: 'contributor',
    })
    expect(added).toEqual({
      binding: 'user-bob-example-test-clusterrole-edit',
      subjectKind: 'User',
      subject: 'bob@example.test',
      role: 'contributor',
      expiresAt: null,
    })
    const binding = await platform.kube.get(resources.roleBindings, { namespace: workspace, name: added.binding })
    expect(binding).toMatchObject({
      metadata: { annotations: { user: 'bob@example.test', role: 'edit' } },
      roleRef: { kind: 'ClusterRole', name: 'kubeflow-edit' },
    })
    expect(
      await refusal(
        addContributor(ana(), { workspace, subjectKind: 'User', subject: 'bob@example.test', role: 'contributor' }),
      ),
    ).toMatchObject({ code: 'already_exists' })
    const dotted = await addContributor(ana(), {
      workspace,
      subjectKind: 'User',
      subject: 'a.b@x.test',
      role: 'viewer',
    })
    const dashed = await addContributor(ana(), {
      workspace,
      subjectKind: 'User',
      subject: 'a-b@x.test',
      role: 'viewer',
    })
    expect(dotted.binding).toBe('user-a-b-x-test-clusterrole-view')
    expect(dashed.binding).toMatch(/^user-a-b-x-test-clusterrole-view-[0-9a-f]{10}$/)
    await addContributor(ana(), { workspace, subjectKind: 'Group', subject: 'team-data', role: 'viewer' })
    const carl = as(person('carl@example.test', ['team-data']))
    await eventually(
      async () => expect(await listJobs(carl, { workspace, limit: 10 })).toMatchObject({ items: [] }),
      patience,
    )
    expect((await listContributors(ana(), { workspace })).map((each) => `${each.subject} ${each.role}`).sort()).toEqual(
      [
        'a-b@x.test viewer',
        'a.b@x.test viewer',
        'ana@example.test owner',
        'bob@example.test contributor',
        'team-data viewer',
      ],
    )
    expect((await listWorkspaces(bob())).find((each) => each.name === workspace)).toMatchObject({ role: 'contributor' })
  })

  test('nobody gives more than they have, nor to the system’s own names', async () => {
    const give = (ctx: Ctx, role: 'owner' | 'contributor' | 'viewer', subject = 'eve@example.test') =>
      refusal(addContributor(ctx, { workspace, subjectKind: 'User', subject, role }))
    expect(await give(bob(), 'owner')).toMatchObject({ code: 'forbidden' })
    expect(await give(bob(), 'viewer')).toMatchObject({ code: 'forbidden' })
    expect(await give(eve(), 'owner')).toMatchObject({ code: 'forbidden' })
    for (const subject of ['system:admin', 'system:serviceaccount:kube-system:default']) {
      expect(await give(ana(), 'viewer', subject)).toMatchObject({ code: 'invalid', faults: [{ field: 'subject' }] })
    }
    expect(
      await refusal(
        addContributor(ana(), { workspace, subjectKind: 'Group', subject: 'system:authenticated', role: 'owner' }),
      ),
    ).toMatchObject({ code: 'invalid' })
    // Somebody who may write bindings and nothing else.
    const rbac = 'rbac.authorization.k8s.io'
    const meta = { namespace: workspace, name: 'binder' }
    await platform.kube.create(resources.roles, {
      apiVersion: '',
      kind: '',
      metadata: meta,
      rules: [{ apiGroups: [rbac], resources: ['rolebindings'], verbs: ['*'] }],
    })
    await platform.kube.create(resources.roleBindings, {
      apiVersion: '',
      kind: '',
      metadata: meta,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'binder' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'mallory@example.test' }],
    })
    const mallory = as(person('mallory@example.test'))
    await eventually(
      async () => expect((await listContributors(mallory, { workspace })).length).toBeGreaterThan(0),
      patience,
    )
    for (const role of ['owner', 'contributor', 'viewer'] as const) {
      expect(await give(mallory, role, 'mallory@example.test')).toMatchObject({ code: 'forbidden' })
    }
    const byHand = mallory.kube.as({ username: 'mallory@example.test', groups: [] }).create(resources.roleBindings, {
      apiVersion: '',
      kind: '',
      metadata: { namespace: workspace, name: 'climb' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'mallory@example.test' }],
    })
    expect(await refusal(byHand)).toMatchObject({ code: 'forbidden' })
  })

  test('a role is taken away again; the owner’s is not', async () => {
    const dana = as(person('dana@example.test'))
    const { binding } = await addContributor(ana(), {
      workspace,
      subjectKind: 'User',
      subject: 'dana@example.test',
      role: 'viewer',
    })
    await eventually(() => listJobs(dana, { workspace, limit: 1 }), patience)
    await removeContributor(ana(), { workspace, binding })
    await eventually(
      async () => expect(await refusal(listJobs(dana, { workspace, limit: 1 }))).toMatchObject({ code: 'forbidden' }),
      patience,
    )
    expect(await refusal(removeContributor(ana(), { workspace, binding }))).toMatchObject({ code: 'not_found' })
    expect(await refusal(removeContributor(ana(), { workspace, binding: 'default-editor' }))).toMatchObject({
      code: 'not_found',
    })
    expect(await refusal(removeContributor(ana(), { workspace, binding: 'namespaceAdmin' }))).toMatchObject({
      code: 'precondition',
    })
    expect(await refusal(removeContributor(bob(), { workspace, binding: 'namespaceAdmin' }))).toMatchObject({
      code: 'forbidden',
    })
  })

  test('jobs are made and deleted as the person', async () => {
    const submit = (ctx: Ctx, yaml: string, dryRun = false) => submitJob(ctx, { workspace, yaml, dryRun })
    expect(await refusal(submit(eve(), jobYaml('x')))).toMatchObject({ code: 'forbidden' })
    expect(await submit(bob(), jobYaml('only-asked'), true)).toEqual({ uid: null, name: 'only-asked', dryRun: true })
    const made = await submit(bob(), jobYaml('first'))
    const uid = made.uid ?? ''
    expect(await refusal(submit(bob(), jobYaml('first')))).toMatchObject({ code: 'already_exists' })
    expect((await listJobs(ana(), { workspace, limit: 10 })).items).toMatchObject([
      { uid, name: 'first', createdBy: 'bob@example.test', status: { status: 'pending' }, exists: true },
    ])
    expect(await getJob(ana(), { workspace, uid })).toMatchObject({
      job: { uid },
      runs: [],
      yaml: expect.stringContaining('backoffLimit: 0'),
    })
    expect(await refusal(getJob(ana(), { workspace, uid: 'another' }))).toMatchObject({ code: 'not_found' })
    expect(await refusal(getJob(eve(), { workspace, uid }))).toMatchObject({ code: 'forbidden' })
    expect(await readJobLogs(ana(), { workspace, uid, limit: 10 })).toEqual({ lines: [], cursor: '0', complete: false })
    expect(await refusal(readJobLogs(ana(), { workspace, uid, limit: 10, after: '1; drop' }))).toMatchObject({
      code: 'invalid',
    })
    await submit(bob(), jobYaml('second'))
    const first = await listJobs(ana(), { workspace, limit: 1 })
    const second = await listJobs(ana(), { workspace, limit: 1, cursor: first.nextCursor ?? '' })
    expect([...first.items, ...second.items].map((job) => job.name).sort()).toEqual(['first', 'second'])
    expect(second.nextCursor).toBeNull()
    expect(await refusal(deleteJob(eve(), { workspace, uid }))).toMatchObject({ code: 'forbidden' })
    await deleteJob(bob(), { workspace, uid })
    await eventually(
      async () =>
        expect((await getJob(ana(), { workspace, uid })).job).toMatchObject({
          exists: false,
          status: { status: 'stopped' },
        }),
      patience,
    )
    expect(await refusal(deleteJob(bob(), { workspace, uid }))).toMatchObject({ code: 'not_found' })
  })

  test('a training job is made, suspended, resumed and made again as the person', async () => {
    const template = '{ spec: { containers: [{ name: tensorflow, image: x, resources: { limits: { cpu: 500m } } }] } }'
    const yaml = `apiVersion: kubeflow.org/v1
kind: TFJob
metadata: { name: many }
spec: { tfReplicaSpecs: { PS: { template: ${template} }, Worker: { replicas: 3, template: ${template} } } }
`
    expect(await refusal(submitJob(eve(), { workspace, yaml, dryRun: false }))).toMatchObject({ code: 'forbidden' })
    const { uid: made } = await submitJob(bob(), { workspace, yaml, dryRun: false })
    const uid = made ?? ''
    const only = async (filter: object) =>
      (await listJobs(ana(), { workspace, limit: 10, ...filter })).items.map(({ name }) => name)
    expect((await listJobs(ana(), { workspace, limit: 10, kind: 'TFJob' })).items).toMatchObject([
      { uid, framework: 'TensorFlow', replicasTotal: 4, resources: { cpu: '2' }, createdBy: 'bob@example.test' },
    ])
    expect(await only({ search: 'MANY tfj' })).toEqual(['many'])
    expect(await only({ search: 'many', owner: 'ana@example.test' })).toEqual([])
    expect(await only({ search: 'many', status: 'failed' })).toEqual([])
    expect(await refusal(suspendJob(eve(), { workspace, uid, suspend: true }))).toMatchObject({ code: 'forbidden' })
    const suspended = async () => (await getJob(ana(), { workspace, uid })).suspended
    await suspendJob(bob(), { workspace, uid, suspend: true })
    await eventually(async () => expect(await suspended()).toBe(true), patience)
    await suspendJob(bob(), { workspace, uid, suspend: false })
    await eventually(async () => expect(await suspended()).toBe(false), patience)
    await deleteJob(bob(), { workspace, uid })
    await eventually(async () => expect((await getJob(ana(), { workspace, uid })).job.exists).toBe(false), patience)
    expect(await refusal(suspendJob(bob(), { workspace, uid, suspend: true }))).toMatchObject({ code: 'precondition' })
    expect(await refusal(retryJob(eve(), { workspace, uid }))).toMatchObject({ code: 'forbidden' })
    const again = await retryJob(bob(), { workspace, uid })
    expect(again.name).toMatch(/^many-again-\w{5}$/)
    const { yaml: wish } = await getJob(ana(), { workspace, uid: again.uid ?? '' })
    expect(wish).toContain(`keelson.dev/retry-of: ${uid}`)
    await deleteJob(bob(), { workspace, uid: again.uid ?? '' })
  })

  test('a wrong job names its field', async () => {
    const wrong = async (yaml: string) => {
      const { code, faults } = await refusal(submitJob(bob(), { workspace, yaml, dryRun: true }))
      return [code, faults[0]?.field ?? '']
    }
    expect(await wrong('a: [')).toEqual(['invalid', 'yaml'])
    expect(await wrong('just text')).toEqual(['invalid', 'yaml'])
    expect(await wrong(`${jobYaml('one')}---\n${jobYaml('two')}`)).toEqual(['invalid', 'yaml'])
    expect(await wrong(jobYaml('x', ', namespace: kube-system'))).toEqual(['invalid', 'metadata.namespace'])
    expect(await wrong('apiVersion: v1\nkind: Secret\nmetadata: { name: x }')).toEqual(['invalid', 'kind'])
    expect(await wrong('apiVersion: batch/v1\nkind: TFJob\nmetadata: { name: x }')).toEqual(['invalid', 'apiVersion'])
    const trainJob = 'apiVersion: trainer.kubeflow.org/v1alpha1\nkind: TrainJob\nmetadata: { name: x }'
    expect(await wrong(trainJob)).toEqual(['unimplemented', ''])
    expect(await wrong(jobYaml('x').replace('Never', 'Always'))).toEqual([
      'invalid',
      'spec.template.spec.restartPolicy',
    ])
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefgh'
      .split('')
      .map((letter, n) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefg'[n]}`).join(', ')}]`)
      .join('\n')}\n`
    expect(await wrong(bomb)).toEqual(['invalid', 'yaml'])
  })

  test('what was done can be read by the owner; events by everybody there', async () => {
    const all = await listActivity(ana(), { workspace, limit: 100 })
    const actions = all.items
      .filter((entry) => entry.source === 'audit')
      .map((entry) => `${entry.actor} ${entry.reason}`)
    expect(actions).toContain('ana@example.test workspaces.create')
    expect(actions).toContain('ana@example.test workspaces.addContributor')
    expect(actions).toContain('bob@example.test jobs.submit')
    expect(actions).toContain('bob@example.test jobs.delete')
    expect(actions.join()).not.toMatch(/eve|mallory/)
    const paged: string[] = []
    for (let cursor: string | undefined; ; ) {
      const page = await listActivity(ana(), { workspace, limit: 3, ...(cursor ? { cursor } : {}) })
      paged.push(...page.items.map((entry) => entry.id))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(new Set(paged).size).toBe(paged.length)
    expect(paged.filter((id) => id.startsWith('a')).length).toBe(actions.length)
    const only = async (filter: object) => (await listActivity(ana(), { workspace, limit: 100, ...filter })).items
    const people = await only({ source: 'audit' })
    expect(people.length).toBe(actions.length)
    expect((await only({ source: 'event' })).every((entry) => entry.source === 'event')).toBe(true)
    expect((await only({ actor: 'bob@example.test' })).map((entry) => entry.reason)).toEqual(
      people.filter((entry) => entry.actor === 'bob@example.test').map((entry) => entry.reason),
    )
    expect(new Set((await only({ search: 'JOBS.SUB' })).map((entry) => entry.reason))).toEqual(new Set(['jobs.submit']))
    const middle = people[1]?.at
    const [later, earlier] = [await only({ since: middle }), await only({ until: middle })]
    expect(later.length + earlier.length).toBe((await only({})).length)
    expect(later.every((entry) => entry.at >= (middle ?? ''))).toBe(true)
    expect(
      (await listActivity(bob(), { workspace, limit: 100 })).items.filter((entry) => entry.source === 'audit'),
    ).toEqual([])
    expect(await refusal(listActivity(eve(), { workspace, limit: 10 }))).toMatchObject({ code: 'forbidden' })
    expect(await refusal(listActivity(ana(), { workspace, limit: 10, cursor: 'garbage' }))).toMatchObject({
      code: 'invalid',
    })
  })
})
