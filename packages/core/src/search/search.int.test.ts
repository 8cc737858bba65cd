import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Actor } from '@keelson/contracts/access'
import type { SearchHit, SearchResult } from '@keelson/contracts/search'
import { type KubeApi, resources } from '@keelson/kube'
import { silentLogger } from '@keelson/process/logger'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Ctx, type OpenedContext, openContext, withActor } from '../context/index.ts'
import { createExperiment, createRun, logBatch } from '../experiments/index.ts'
import { createModelVersion, createRegisteredModel } from '../registry/index.ts'
import { serverNames, startTestPlatform, type TestPlatform } from '../testing/index.ts'
import { addContributor } from '../workspaces/index.ts'
import { searchEverything } from './index.ts'

const url = 'http://localhost:7700'
const patience = { timeoutMs: 15_000 }
let stopper: AbortController
let skipped: string | null = null
const folder = mkdtempSync(join(tmpdir(), 'keelson-search-'))
let platform: TestPlatform
let opened: OpenedContext
let mine: string
let theirs: string
let ana: Ctx
let vera: Ctx
let bob: Ctx
let mallory: Ctx
let root: Ctx
let experimentId: string
let made: string[] = []

const person = (username: string, more: Partial<Extract<Actor, { kind: 'person' }>> = {}): Actor => ({
  kind: 'person',
  username,
  groups: [],
  userId: username,
  via: 'session',
  ...more,
})
const user = (name: string) => ({ kind: 'User', name })
const hitsOf = ({ groups }: SearchResult): SearchHit[] => groups.flatMap(({ hits }) => hits)
const search = (ctx: Ctx, q: string, more: { limit?: number; among?: 'kept' | 'cluster' } = {}) =>
  searchEverything(ctx, { q, limit: 10, ...more })
const found = async (ctx: Ctx, q: string) => hitsOf(await search(ctx, q)).map(({ kind, name }) => `${kind} ${name}`)

async function makeWorkspace(owner: string): Promise<string> {
  const name = await platform.makeWorkspace({ owner: user(owner) })
  const metadata = { name }
  const spec = { owner: user(owner) }
  made.push(name)
  await platform.kube.create(resources.profiles, { apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata, spec })
  return name
}

const configMap = (kube: KubeApi, namespace: string, name: string, labels: Record<string, string> = {}) =>
  kube.create(resources.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, labels } })

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(serverNames)('search on %s', (server) => {
  beforeAll(async () => {
    made = []
    stopper = new AbortController()
    const started = await startTestPlatform(server)
    skipped = 'skipped' in started ? started.skipped : null
    if ('skipped' in started) return
    platform = started
    opened = await openContext({
      databaseUrl: platform.databaseUrl,
      kubeconfigPath: await platform.kubeconfigOf('keelson-gateway'),
      artifactsRoot: join(folder, 'artifacts'),
      addresses: { url, contentUrl: url, podUrl: url },
      log: silentLogger,
      signal: stopper.signal,
    })
    mine = await makeWorkspace('ana@example.org')
    theirs = await makeWorkspace('bob@example.org')
    await platform.bind(mine, 'viewer', user('vera@example.org'))
    ana = withActor(opened.base, person('ana@example.org'))
    vera = withActor(opened.base, person('vera@example.org'))
    bob = withActor(opened.base, person('bob@example.org'))
    mallory = withActor(opened.base, person('mallory@example.org'))
    root = withActor(opened.base, person('root@example.org', { groups: ['keelson-admins'] }))
    await eventually(async () => {
      await opened.ready()
      const roles = [await found(ana, `kind:workspace ${mine}`), await found(vera, `kind:workspace ${mine}`)]
      return roles.every((names) => names.length === 1) && (await found(bob, `kind:workspace ${theirs}`)).length === 1
    }, patience)

    experimentId = await createExperiment(ana, { workspace: mine, name: 'zebra experiment' })
    for (const [name, startTimeMs] of [
      ['zebra', 1],
      ['zebra-late', 3],
      ['zebra-early', 2],
      ['the-zebra', 9],
      ['Zebr_a%', 4],
    ] as const) {
      const { id } = await createRun(ana, { workspace: mine, experimentId, name, startTimeMs })
      if (name === 'the-zebra')
        await logBatch(ana, {
          workspace: mine,
          runId: id,
          metrics: [],
          params: [],
          tags: [{ key: 'team', value: 'Quagga "1"' }],
        })
    }
    const other = await createExperiment(bob, { workspace: theirs, name: 'zebra secret' })
    await createRun(bob, { workspace: theirs, experimentId: other, name: 'zebra', startTimeMs: 5 })
    await createRegisteredModel(ana, { workspace: mine, name: 'zebra-model' })
    await createModelVersion(ana, { workspace: mine, name: 'zebra-model', source: 's3://bucket/x' })
    await configMap(platform.kube, mine, 'zebra-settings', { herd: 'quagga-2' })
    await configMap(platform.kube, theirs, 'zebra-settings')
    await platform.kube.create(resources.secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: mine, name: 'zebra-key' },
      stringData: { password: 'zebra' },
    })
  }, 180_000)
  beforeEach(({ skip }) => {
    if (skipped !== null) skip(skipped)
  })
  afterAll(async () => {
    stopper.abort()
    if (skipped !== null) return
    for (const name of made) await platform.kube.delete(resources.profiles, { name })
    await opened.close()
    await platform.stop()
  })

  describe('who finds what', () => {
    it('a member finds the things of their workspaces, kept and live, and nothing of others', async () => {
      const names = await found(ana, 'zebra')
      for (const one of [
        'run zebra',
        'experiment zebra experiment',
        'model zebra-model',
        'version zebra-model v1',
        'object zebra-settings',
        'object zebra-key',
      ])
        expect(names).toContain(one)
      expect(hitsOf(await search(ana, 'zebra')).filter(({ workspace }) => workspace !== mine)).toEqual([])
      expect(names).not.toContain('experiment zebra secret')
    })

    it('a viewer finds what a viewer may list: no secret, no role of others', async () => {
      const names = await found(vera, 'zebra')
      expect(names).toContain('object zebra-settings')
      expect(names).not.toContain('object zebra-key')
      await addContributor(ana, { workspace: mine, subjectKind: 'User', subject: 'zebra@example.org', role: 'viewer' })
      expect(await found(ana, 'zebra@example')).toContain('contributor zebra@example.org')
      expect(await found(vera, 'zebra@example')).toEqual([])
    })

    it('who has no role hears nothing, also of the name of a workspace, also by a filter', async () => {
      for (const q of [
        'zebra',
        mine,
        `in:${mine}`,
        `in:${mine} zebra`,
        'kind:workspace',
        'kind:person',
        'ana@example.org',
      ])
        expect(await search(mallory, q), q).toEqual(await search(mallory, 'nothing-of-this-name'))
      // A workspace that one may not see is as one that there is not.
      expect(await search(ana, `in:${theirs} zebra`)).toEqual(await search(ana, 'in:no-such-place zebra'))
    })

    it('a token for one workspace finds what is there, and people are for operators', async () => {
      const narrowed = withActor(
        opened.base,
        person('root@example.org', { groups: ['keelson-admins'], via: 'token', tokenWorkspace: theirs }),
      )
      await opened.base.db.prisma.person.create({
        data: {
          issuer: 'i',
          subject: 's',
          username: 'zoe@example.org',
          name: 'Zoe Zebra',
          email: 'zoe@example.org',
          groups: ['stable'],
        },
      })
      await eventually(async () => (await found(root, 'zoe')).includes('person zoe@example.org'), patience)
      expect(await found(root, 'stable')).toEqual(expect.arrayContaining(['group stable', 'person zoe@example.org']))
      expect(await found(narrowed, 'zoe')).toEqual([])
      expect(await found(ana, 'zoe')).toEqual([])
      const places = new Set(hitsOf(await search(narrowed, 'zebra')).map(({ workspace }) => workspace))
      expect([...places]).toEqual([theirs])
    })

    it('a role that is taken away while somebody searches is gone from the next answer', async () => {
      const binding = await platform.bind(theirs, 'viewer', user('vera@example.org'))
      const inTheirs = () => found(vera, `in:${theirs} zebra`)
      await eventually(async () => (await inTheirs()).length > 0, patience)
      expect(await inTheirs()).toContain('object zebra-settings')
      await platform.kube.delete(resources.roleBindings, { namespace: theirs, name: binding })
      await eventually(async () => (await inTheirs()).length === 0, patience)
    })

    it('a pod finds what is kept, and the cluster is its own affair', async () => {
      const username = `system:serviceaccount:${mine}:default-editor`
      await platform.bind(mine, 'contributor', { kind: 'ServiceAccount', name: 'default-editor', namespace: mine })
      const pod = withActor(opened.base, {
        kind: 'pod',
        username,
        groups: [],
        namespace: mine,
        serviceAccount: 'default-editor',
      })
      await eventually(async () => (await found(pod, 'zebra')).includes('run zebra'), patience)
      expect(await found(pod, 'kind:configmap zebra')).toEqual([])
    })
  })

  describe('what comes first', () => {
    it('the whole name, then its beginning, then a word of it; the newest first', async () => {
      const { groups } = await search(ana, 'kind:run ZEBRA')
      expect(groups[0]?.hits.map(({ name }) => name)).toEqual(['zebra', 'zebra-late', 'zebra-early', 'the-zebra'])
      const two = await search(ana, 'kind:run zebra', { limit: 2 })
      expect(two.groups[0]).toMatchObject({ more: true, hits: [{ name: 'zebra' }, { name: 'zebra-late' }] })
    })

    it('the kind with the best hit first, and an id finds its own', async () => {
      const { groups } = await search(ana, 'zebra-model')
      expect(groups[0]).toMatchObject({ kind: 'model', hits: [{ name: 'zebra-model', rank: 0 }] })
      const [run] = hitsOf(await search(ana, 'kind:run zebra'))
      const byId = await search(ana, run?.id ?? '')
      expect(hitsOf(byId)[0]).toMatchObject({ kind: 'run', name: 'zebra', rank: 0, parent: experimentId })
      expect(await found(ana, (run?.id ?? '').slice(0, 8))).toContain('run zebra')
    })

    it('tags and labels find what they are on, and say that they did', async () => {
      const byTag = hitsOf(await search(ana, 'kind:run quagga'))
      expect(byTag).toMatchObject([{ name: 'the-zebra', because: 'team=Quagga "1"' }])
      expect(await found(ana, 'kind:run team=quagga')).toEqual(['run the-zebra'])
      expect(await found(ana, 'kind:run herd=quagga')).toEqual([])
      expect(hitsOf(await search(ana, 'herd=quagga'))).toMatchObject([
        { name: 'zebra-settings', because: 'herd=quagga-2' },
      ])
    })

    it('slips of the keyboard are forgiven where nothing else fits', async () => {
      expect(await found(ana, 'kind:run zebar')).toContain('run zebra')
      expect(await found(ana, 'kind:configmap zerba-setings')).toEqual([])
      expect(await found(ana, 'kind:configmap zerba setings')).toEqual(['object zebra-settings'])
    })

    it('filters alone list the newest; kinds of Kubernetes are kinds as well', async () => {
      expect((await found(ana, 'kind:run'))[0]).toBe('run the-zebra')
      expect(await found(ana, 'kind:secret')).toEqual(['object zebra-key'])
      expect((await found(ana, `kind:configmap in:${mine}`)).sort()).toContain('object zebra-settings')
      const { notes } = await search(ana, 'kind:spaceship zebra')
      expect(notes[0]).toContain('There is no kind')
    })

    it('what is no longer there is found by what was said of it', async () => {
      await opened.base.db.query(
        `insert into kube_event (uid, workspace, at, level, reason, message, count, object_kind, object_name)
       select 'e' || n, $1, now() - n * interval '1 minute', 'warning', 'BackOff', 'x', 1, 'Pod', 'okapi-pod' from generate_series(1, 3) n returning uid`,
        mine,
      )
      expect(hitsOf(await search(vera, 'okapi'))).toMatchObject([
        { kind: 'activity', name: 'okapi-pod', type: 'Pod', because: 'last: BackOff' },
      ])
      expect(await found(ana, 'kind:activity zebra-model')).toContain('activity zebra-model')
      // The audit trail is for owners.
      expect(await found(vera, 'kind:activity zebra-model')).toEqual([])
      expect(await found(bob, 'okapi')).toEqual([])
    })
  })

  describe('bad input', () => {
    it.each(['%', '_', '%%%', "'; drop table run; --", '\\', '"', '\0', '\u{d800}', '()[]{}*+?.^$|', '$1', '🦓'])(
      '%j is looked for as it stands',
      async (q) => {
        const { groups, notes } = await search(ana, q)
        expect(notes).toEqual([])
        for (const hit of groups.flatMap(({ hits }) => hits)) {
          const text = `${hit.name} ${hit.because} ${hit.id}`.toLowerCase()
          expect(text).toContain(q.toLowerCase())
        }
      },
    )

    it('signs of LIKE are signs like others', async () => {
      expect(await found(ana, 'kind:run r_a%')).toEqual(['run Zebr_a%'])
      expect(await found(ana, 'kind:run quag_a')).toEqual([])
      expect(await found(ana, 'kind:activity %')).toEqual([])
    })

    it('very long or very many words cost no more than short ones', async () => {
      expect((await search(ana, 'z'.repeat(10_000))).groups).toEqual([])
      expect((await search(ana, 'zebra '.repeat(2_000))).notes).toEqual(['Only the first 8 words are looked for.'])
    })

    it('the cluster alone, or what is kept alone', async () => {
      const kinds = async (among: 'kept' | 'cluster') =>
        new Set(hitsOf(await search(ana, 'zebra', { among })).map(({ kind }) => kind))
      expect([...(await kinds('cluster'))].sort()).toEqual(['contributor', 'object'])
      expect((await kinds('kept')).has('object')).toBe(false)
    })

    it('of very many objects the first are looked at and the others said; a whole name is always found', async () => {
      const names = Array.from({ length: 305 }, (_, index) => `crowd-${String(index).padStart(3, '0')}`)
      for (let index = 0; index < names.length; index += 20)
        await Promise.all(names.slice(index, index + 20).map((name) => configMap(platform.kube, theirs, name)))
      const { groups, notes } = await search(bob, 'kind:configmap crowd-304')
      expect(groups[0]?.hits).toMatchObject([{ name: 'crowd-304', rank: 0 }])
      expect(notes).toEqual([`Of configmaps in ${theirs} only the first 300 were looked at.`])
      expect((await search(bob, 'kind:configmap crowd', { limit: 50 })).groups[0]).toMatchObject({ more: true })
    })
  })
})
