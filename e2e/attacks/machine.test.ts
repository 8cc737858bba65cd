/** The started platform: what kubectl is refused leaves a record too, and a second owner on one machine is warned of before any job runs. */
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keelson, people, platformHome } from '../support/platform.ts'
import { openStarted, type Started } from './support/started.ts'

const patience = { timeoutMs: 60_000 }
/** Variables of the platform's own processes that no pod may have. */
const secrets = /DATABASE_URL|KEELSON_INTERNAL_SECRET|NEXTAUTH_SECRET|OIDC_CLIENT_SECRET|KUBELITE_|PGPASSWORD/

const job = (name: string, script: string) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    backoffLimit: 0,
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', script] }] },
    },
  },
})

describe.skipIf(platformHome === undefined)('kubelite, started', () => {
  let started: Started
  beforeAll(async () => {
    started = await openStarted()
  })
  afterAll(() => started?.stop())

  it('item 3: what a person is refused by kubectl stands in the audit trail, with who, what and where', async () => {
    const { kube, token, first, refused, call } = started
    const list = `/api/v1/namespaces/${first}/secrets`
    expect((await kube(token('outsider'), 'GET', list)).status).toBe(403)
    expect((await kube(token('outsider'), 'DELETE', `${list}/x`)).status).toBe(403)
    expect(await refused(people.outsider, first, /^delete secrets\/x$/)).toMatchObject({
      after: { door: 'kubernetes', code: 'Forbidden', count: 1 },
    })
    await refused(people.outsider, first, /^list secrets$/)
    // The workspace's owner sees it as well.
    const { data } = await call('scientist', 'activity.list', 'query', { workspace: first, limit: 200 })
    expect((data as { items: unknown[] }).items).toContainEqual(
      expect.objectContaining({ reason: 'access.refused', level: 'warning', actor: people.outsider }),
    )
  })

  it('item 8: nobody becomes another by a header of kubectl, and the wish is on record', async () => {
    const { kube, token, first, refused } = started
    const list = `/api/v1/namespaces/${first}/secrets`
    for (const name of [people.scientist, people.admin, 'system:admin', 'system:serviceaccount:kube-system:default']) {
      const answer = await kube(token('outsider'), 'GET', list, { headers: { 'impersonate-user': name } })
      expect(answer.status, name).toBe(403)
    }
    await refused(people.outsider, first, /^list secrets as system:admin$/)
    expect((await kube('kls_nobody', 'GET', list)).status).toBe(401)
    await refused('anonymous', first, /^list secrets/)
  })

  it('item 13: the second owner is warned of: on the node, in both workspaces, in the dashboard and by status', async () => {
    const { call, kube, token, first, second } = started
    const sentence = /Workspaces of \d+ owners share this machine/
    await eventually(async () => {
      const { data } = await call('outsider', 'platform.info', 'query', undefined)
      expect((data as { notIsolated: string | null }).notIsolated).toMatch(sentence)
    }, patience)
    const nodes = JSON.parse((await kube(token('admin'), 'GET', '/api/v1/nodes')).text) as {
      items: { status: { conditions: { type: string; status: string }[] } }[]
    }
    expect(nodes.items[0]?.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'TenantsIsolated', status: 'False' }),
    )
    for (const [who, workspace] of [
      ['scientist', first],
      ['viewer', second],
    ] as const)
      await eventually(async () => {
        const { data } = await call(who, 'activity.list', 'query', { workspace })
        expect(JSON.stringify(data), workspace).toContain('TenantsNotIsolated')
      }, patience)
    expect(JSON.parse(await keelson(['status', '--json']))).toMatchObject({
      notIsolated: expect.stringMatching(sentence),
    })
    // No pod of either was there before the warning was.
    for (const workspace of [first, second])
      expect(
        JSON.parse((await kube(token('admin'), 'GET', `/api/v1/namespaces/${workspace}/pods`)).text),
      ).toMatchObject({ items: [] })
  })

  it('item 13: a job has no secret of the platform in its environment, and no database socket beside it', async () => {
    const { kube, token, first } = started
    const at = `/apis/batch/v1/namespaces/${first}/jobs`
    const script = 'env; ls -a "$PWD" /var/run/postgresql 2>/dev/null; echo done-here'
    expect((await kube(token('scientist'), 'POST', at, { body: job('snoop', script) })).status).toBe(201)
    const log = await eventually(async () => {
      const { items } = JSON.parse(
        (await kube(token('scientist'), 'GET', `/api/v1/namespaces/${first}/pods?labelSelector=job-name%3Dsnoop`)).text,
      ) as { items: { metadata: { name: string } }[] }
      const name = items[0]?.metadata.name ?? ''
      const { text } = await kube(token('scientist'), 'GET', `/api/v1/namespaces/${first}/pods/${name}/log`)
      expect(text).toContain('done-here')
      return text
    }, patience)
    expect(log).not.toMatch(secrets)
    expect(log).not.toContain('.s.PGSQL')
    // What a pod brings is its own account's token, which reaches its own workspace.
    expect(log).toContain('KUBERNETES_SERVICE_HOST')
  })
})
