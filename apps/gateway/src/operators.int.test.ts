/** Registration and the operators' area over HTTP, with real sign-ins, on a real cluster's word. */
import type { AuditEvent, Me, PersonDetail, PersonSummary } from '@keelson/contracts/access'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Registration, WorkspaceOverview, WorkspaceRequest, WorkspaceUse } from '@keelson/contracts/workspaces'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway, trpc } from './testing/start-gateway.ts'

const profiles = { group: 'kubeflow.org', version: 'v1', plural: 'profiles', kind: 'Profile', namespaced: false }
const quotas = { group: '', version: 'v1', plural: 'resourcequotas', kind: 'ResourceQuota', namespaced: true }
const patience = { timeoutMs: 15_000 }
let gateway: TestGateway
const cookies = new Map<string, string>()
const mail = (name: string) => `${name}@example.test`

async function signIn(name: string, groups: string[] = []): Promise<void> {
  cookies.set(name, await gateway.signIn(mail(name), { groups }))
}

beforeAll(async () => {
  const started = await startGateway('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  gateway = started
  await signIn('root', ['keelson-admins'])
  for (const name of ['ana', 'ben', 'cem']) await signIn(name, ['team'])
}, 180_000)
afterAll(() => gateway?.stop())

const headers = (who: string) => ({ cookie: cookies.get(who) ?? '', origin: gateway.url })
const query = async <T>(who: string, path: string, input?: unknown) => {
  const answer = await trpc(gateway.url, path, 'query', input, headers(who))
  if (answer.error) throw new Error(`${answer.error.code}: ${answer.error.message}`)
  return answer.data as T
}
const change = (who: string, path: string, input?: unknown) => trpc(gateway.url, path, 'mutation', input, headers(who))
const codeOf = async (answer: ReturnType<typeof change>) => (await answer).error?.code ?? 'done'

describe('operators’ procedures', () => {
  it('are nobody else’s, each by itself', async () => {
    const id = '00000000-0000-7000-8000-000000000000'
    const asked: [string, 'query' | 'mutation', unknown][] = [
      ['admin.people', 'query', {}],
      ['admin.person', 'query', { id }],
      ['admin.groups', 'query', undefined],
      ['admin.workspaces', 'query', undefined],
      ['admin.workloads', 'query', undefined],
      ['admin.requests', 'query', undefined],
      ['admin.audit', 'query', {}],
      ['admin.setPersonDisabled', 'mutation', { id, disabled: true }],
      ['admin.endAccess', 'mutation', { personId: id, kind: 'session', id }],
      ['admin.createWorkspaceFor', 'mutation', { name: 'x', owner: { name: mail('ana') } }],
      ['admin.setQuota', 'mutation', { workspace: 'x', hard: {} }],
      ['admin.decideRequest', 'mutation', { id, decision: 'approve' }],
      ['admin.setRegistration', 'mutation', { mode: 'closed', defaultQuota: {} }],
      ['admin.startView', 'mutation', { username: mail('root'), reason: 'curious' }],
    ]
    for (const [path, kind, input] of asked) {
      const answer = await trpc(gateway.url, path, kind, input, headers('ana'))
      expect(answer.error?.code, path).toBe('forbidden')
      expect((await trpc(gateway.url, path, kind, input, { origin: gateway.url })).status, path).toBe(401)
    }
  })
})

describe('registration', () => {
  it('on request: asked for, told apart by name, approved for who asked, or refused with a reason', async () => {
    const defaultQuota = { pods: '5', 'requests.cpu': '2' }
    expect(await codeOf(change('root', 'admin.setRegistration', { mode: 'request', defaultQuota }))).toBe('done')
    expect(await query<Registration>('ana', 'workspaces.registration')).toMatchObject({
      mode: 'request',
      mayCreate: false,
      suggestion: 'ana',
      request: null,
    })
    expect(await codeOf(change('ana', 'workspaces.create', { name: 'wish' }))).toBe('forbidden')
    expect(await codeOf(change('ana', 'workspaces.request', { name: 'kube-system' }))).toBe('invalid')
    const both = await Promise.all(
      ['ana', 'ben'].map((who) => codeOf(change(who, 'workspaces.request', { name: 'wish', note: `${who} wishes` }))),
    )
    expect(both.sort()).toEqual(['already_exists', 'done'])
    const [pending] = await query<WorkspaceRequest[]>('root', 'admin.requests')
    const asker = pending?.requestedBy === mail('ana') ? 'ana' : 'ben'
    const other = asker === 'ana' ? 'ben' : 'ana'
    expect(await codeOf(change(asker, 'workspaces.request', { name: 'second' }))).toBe('already_exists')
    expect(await codeOf(change(other, 'workspaces.withdrawRequest', { id: pending?.id }))).toBe('not_found')
    expect(await codeOf(change('root', 'admin.decideRequest', { id: pending?.id, decision: 'refuse' }))).toBe('invalid')
    const approve = { id: pending?.id, decision: 'approve', reason: 'welcome' }
    expect(await codeOf(change('root', 'admin.decideRequest', approve))).toBe('done')
    expect(await codeOf(change('root', 'admin.decideRequest', approve))).toBe('conflict')
    const made = await gateway.platform.kube.get<KubeObject>(profiles, { name: 'wish' })
    expect(made.spec).toEqual({
      owner: { kind: 'User', name: mail(asker) },
      resourceQuotaSpec: { hard: defaultQuota },
    })
    await change(other, 'workspaces.request', { name: 'mine' })
    const [next] = await query<WorkspaceRequest[]>('root', 'admin.requests')
    const refuse = { id: next?.id, decision: 'refuse', reason: 'Ask for a place in wish instead.' }
    expect(await codeOf(change('root', 'admin.decideRequest', refuse))).toBe('done')
    expect((await query<Registration>(other, 'workspaces.registration')).request).toMatchObject({
      state: 'refused',
      reason: refuse.reason,
      decidedBy: mail('root'),
    })
    expect(await codeOf(change(other, 'workspaces.request', { name: 'mine-again' }))).toBe('done')
    const { request } = await query<Registration>(other, 'workspaces.registration')
    expect(await codeOf(change(other, 'workspaces.withdrawRequest', { id: request?.id }))).toBe('done')
  })

  it('closed: only operators make workspaces, for whom they say', async () => {
    await change('root', 'admin.setRegistration', { mode: 'closed', defaultQuota: {} })
    expect(await codeOf(change('cem', 'workspaces.create', { name: 'cem' }))).toBe('forbidden')
    expect(await codeOf(change('cem', 'workspaces.request', { name: 'cem' }))).toBe('precondition')
    const given = { name: 'given', owner: { name: mail('cem') }, quota: { pods: '3' } }
    expect(await codeOf(change('root', 'admin.createWorkspaceFor', given))).toBe('done')
    expect(await codeOf(change('root', 'admin.createWorkspaceFor', given))).toBe('already_exists')
    await change('root', 'admin.setRegistration', { mode: 'self-service', defaultQuota: {} })
  })

  it('suggests a name that is free: the same local part of another house gets another', async () => {
    await gateway.platform.kube.create(profiles, { apiVersion: '', kind: '', metadata: { name: 'dan' } })
    await gateway.platform.kube.create(
      { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false },
      { apiVersion: '', kind: '', metadata: { name: 'dan' } },
    )
    await signIn('dan')
    expect((await query<Registration>('dan', 'workspaces.registration')).suggestion).toBe('dan-example')
  })
})

describe('quotas', () => {
  it('are set by operators, taken away again, and read by who works there', async () => {
    const hardOf = async () =>
      (await query<WorkspaceOverview[]>('root', 'admin.workspaces')).find((each) => each.name === 'given')?.hard
    expect(await hardOf()).toEqual({ pods: '3' })
    const hard = { pods: '4', 'requests.memory': '2Gi' }
    expect(await codeOf(change('root', 'admin.setQuota', { workspace: 'given', hard }))).toBe('done')
    expect(await hardOf()).toEqual(hard)
    await change('root', 'admin.setQuota', { workspace: 'given', hard: { pods: '4' } })
    expect(await hardOf()).toEqual({ pods: '4' })
    await change('root', 'admin.setQuota', { workspace: 'given', hard: {} })
    expect(await hardOf()).toEqual({})
    expect(await codeOf(change('root', 'admin.setQuota', { workspace: 'given', hard: { pods: 'many' } }))).toBe(
      'invalid',
    )
    const workspace = await gateway.platform.makeWorkspace({ viewer: { kind: 'User', name: mail('ana') } })
    await gateway.platform.kube.create(quotas, {
      apiVersion: '',
      kind: '',
      metadata: { namespace: workspace, name: 'kf-resource-quota' },
      spec: { hard: { pods: '7' } },
    })
    await eventually(async () => {
      const use = await query<WorkspaceUse>('ana', 'workspaces.use', { workspace })
      expect(use.quotas).toEqual([{ quota: 'kf-resource-quota', resource: 'pods', hard: '7', used: '0', ratio: 0 }])
    }, patience)
    await expect(query('ben', 'workspaces.use', { workspace })).rejects.toThrow('forbidden')
  })
})

describe('looking as somebody else', () => {
  const me = (who: string) => query<Me>(who, 'access.me')
  it('needs a reason, has the other’s rights and no more, changes nothing, and stands in the audit trail', async () => {
    const workspace = await gateway.platform.makeWorkspace({ owner: { kind: 'User', name: mail('ana') } })
    expect(await codeOf(change('root', 'admin.startView', { username: mail('ana'), reason: '' }))).toBe('invalid')
    expect(await codeOf(change('root', 'admin.startView', { username: 'nobody', reason: 'help' }))).toBe('not_found')
    const view = { username: mail('ana'), reason: 'ticket 4711' }
    expect(await codeOf(change('root', 'admin.startView', view))).toBe('done')
    await eventually(
      async () =>
        expect(await me('root')).toMatchObject({ username: mail('ana'), isAdmin: false, view: { by: mail('root') } }),
      patience,
    )
    await expect(query('root', 'admin.people', {})).rejects.toThrow('forbidden')
    const give = { workspace, subjectKind: 'User', subject: mail('root'), role: 'owner' }
    for (const [path, input] of [
      ['workspaces.addContributor', give],
      ['access.createToken', { name: 'mine' }],
      ['workspaces.request', { name: 'x' }],
      ['jobs.submit', { workspace, yaml: 'kind: Job' }],
    ] as const) {
      expect(await codeOf(change('root', path, input)), path).toBe('forbidden')
    }
    const kfam = await fetch(`${gateway.url}/kfam/v1/profiles/${workspace}`, {
      method: 'DELETE',
      headers: headers('root'),
    })
    expect(kfam.status).toBe(401)
    const mlflow = await fetch(`${gateway.url}/workspaces/${workspace}/mlflow/api/2.0/mlflow/experiments/create`, {
      method: 'POST',
      headers: { ...headers('root'), 'content-type': 'application/json' },
      body: '{"name": "x"}',
    })
    expect(mlflow.status).toBe(403)
    expect(await query('root', 'experiments.list', { workspace })).toMatchObject({ items: [] })
    expect(await codeOf(change('root', 'admin.endView'))).toBe('done')
    await eventually(
      async () => expect(await me('root')).toMatchObject({ username: mail('root'), view: null }),
      patience,
    )
    const trail = await query<AuditEvent[]>('root', 'admin.audit', { search: 'person/ana' })
    expect(trail.map(({ actor, action }) => `${actor} ${action}`)).toEqual([
      `${mail('root')} access.endView`,
      `${mail('root')} access.viewAs`,
    ])
    expect(trail[1]?.after).toMatchObject({ reason: 'ticket 4711' })
  })

  it('ends when the operator is none any more', async () => {
    await change('root', 'admin.startView', { username: mail('ana'), reason: 'ticket 4712' })
    await eventually(async () => expect(await me('root')).toMatchObject({ username: mail('ana') }), patience)
    const older = cookies.get('root') ?? ''
    await signIn('root', [])
    cookies.set('root', older)
    await eventually(async () => expect(await me('root')).toMatchObject({ username: mail('root') }), patience)
    await signIn('root', ['keelson-admins'])
  })
})

describe('a live stream of one workspace', () => {
  it('ends when the role there is taken away', async () => {
    const workspace = await gateway.platform.makeWorkspace({})
    const binding = await gateway.platform.bind(workspace, 'viewer', { kind: 'User', name: mail('ben') })
    const input = encodeURIComponent(JSON.stringify({ json: { workspace } }))
    const open = () =>
      fetch(`${gateway.url}/api/trpc/live.changes?input=${input}`, {
        headers: { ...headers('ben'), accept: 'text/event-stream' },
      })
    await eventually(() => query('ben', 'workspaces.use', { workspace }), patience)
    const stream = await open()
    let isOver = false
    const ended = (async () => {
      for await (const chunk of stream.body ?? []) if (Buffer.from(chunk).toString().includes('event: return')) break
      isOver = true
    })()
    expect(isOver).toBe(false)
    await gateway.platform.kube.delete(
      { ...quotas, group: 'rbac.authorization.k8s.io', plural: 'rolebindings', kind: 'RoleBinding' },
      { namespace: workspace, name: binding },
    )
    await ended
    await expect(query('ben', 'workspaces.use', { workspace })).rejects.toThrow('forbidden')
  })
})

describe('people', () => {
  it('are listed with what is open in their name, and their groups with the roles these have', async () => {
    const workspace = await gateway.platform.makeWorkspace({ viewer: { kind: 'Group', name: 'team' } })
    const people = await query<PersonSummary[]>('root', 'admin.people', { search: 'CEM' })
    expect(people).toMatchObject([
      { username: mail('cem'), groups: ['team'], sessions: 1, tokens: 0, disabledAt: null },
    ])
    const detail = await query<PersonDetail>('root', 'admin.person', { id: people[0]?.id })
    expect(detail.roles).toContainEqual({ workspace, role: 'kubeflow-view', through: 'team' })
    const groups = await query<{ name: string; people: number }[]>('root', 'admin.groups')
    expect(groups.find((each) => each.name === 'team')).toMatchObject({ people: 3 })
  })

  it('who is disabled is out at once, with sessions and tokens, and comes in no more until enabled', async () => {
    const made = await change('cem', 'access.createToken', { name: 'script' })
    const { secret } = made.data as { secret: string }
    const bearer = { authorization: `Bearer ${secret}` }
    expect((await trpc(gateway.url, 'access.me', 'query', undefined, bearer)).status).toBe(200)
    const [cem] = await query<PersonSummary[]>('root', 'admin.people', { search: 'cem' })
    const [root] = await query<PersonSummary[]>('root', 'admin.people', { search: 'root@' })
    expect(await codeOf(change('root', 'admin.setPersonDisabled', { id: root?.id, disabled: true }))).toBe(
      'precondition',
    )
    expect(
      await codeOf(change('root', 'admin.setPersonDisabled', { id: cem?.id, disabled: true, reason: 'left' })),
    ).toBe('done')
    await eventually(async () => {
      expect((await trpc(gateway.url, 'access.me', 'query', undefined, headers('cem'))).status).toBe(401)
      expect((await trpc(gateway.url, 'access.me', 'query', undefined, bearer)).status).toBe(401)
    }, patience)
    await expect(gateway.signIn(mail('cem'))).rejects.toThrow('disabled')
    await change('root', 'admin.setPersonDisabled', { id: cem?.id, disabled: false })
    await signIn('cem')
    expect((await trpc(gateway.url, 'access.me', 'query', undefined, headers('cem'))).status).toBe(200)
    const detail = await query<PersonDetail>('root', 'admin.person', { id: cem?.id })
    const [session] = detail.sessions
    const end = { personId: cem?.id, kind: 'session', id: session?.id }
    expect(await codeOf(change('root', 'admin.endAccess', end))).toBe('done')
    expect(await codeOf(change('root', 'admin.endAccess', end))).toBe('not_found')
    await eventually(
      async () => expect((await trpc(gateway.url, 'access.me', 'query', undefined, headers('cem'))).status).toBe(401),
      patience,
    )
  })
})
