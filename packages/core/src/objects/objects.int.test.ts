import { randomBytes } from 'node:crypto'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { CreateObject, GetObject, ListObjects, RebaseObject, UpdateObject } from '@keelson/contracts/objects'
import { type KubeApi, resources } from '@keelson/kube'
import { silentLogger } from '@keelson/process/logger'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ctx, type OpenedContext, openContext, withActor } from '../context/index.ts'
import { person, refusal, serverNames, startTestPlatform, type TestPlatform } from '../testing/index.ts'
import { mask } from './editable.rules.ts'
import {
  createObject,
  deleteObject,
  getObject,
  getSchema,
  listKinds,
  listObjects,
  rebaseObject,
  updateObject,
  watchObjects,
} from './index.ts'

const owner = 'ana@example.com'
const viewer = 'vic@example.com'
const configMaps = { group: '', version: 'v1', plural: 'configmaps' }
const secrets = { group: '', version: 'v1', plural: 'secrets' }
const user = (name: string) => ({ kind: 'User', name })

describe.each(serverNames)('objects of any kind on %s', (server) => {
  let platform: TestPlatform
  let opened: OpenedContext
  let kube: KubeApi
  let workspace: string
  let skipped: string | null = null
  let ana: Ctx
  let vic: Ctx
  const stopper = new AbortController()
  const group = `${randomBytes(3).toString('hex')}.example.org`
  const configMap = (name: string, data: Record<string, string>) =>
    kube.create<KubeObject>(resources.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: workspace, name },
      data,
    })
  const get = (name: string, more: object = configMaps) =>
    getObject(ana, GetObject.parse({ workspace, ...configMaps, ...more, name }))
  const update = (name: string, text: { yaml: string; etag: string }, more: object = {}) =>
    updateObject(ana, UpdateObject.parse({ workspace, ...configMaps, name, yaml: text.yaml, etag: text.etag, ...more }))
  const audit = () =>
    ana.db.query<{ actor: string; action: string; subject: string; before: unknown; after: unknown }>(
      'select actor, action, subject, before, after from audit_event where workspace = $1 order by id',
      workspace,
    )

  beforeAll(async () => {
    const started = await startTestPlatform(server)
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    platform = started
    kube = platform.kube
    opened = await openContext({
      databaseUrl: platform.databaseUrl,
      kubeconfigPath: platform.kubeconfigPath,
      artifactsRoot: '/nonexistent',
      addresses: { url: 'http://localhost:7700', contentUrl: 'http://127.0.0.1:7701', podUrl: 'http://localhost:7700' },
      log: silentLogger,
      signal: stopper.signal,
    })
    await opened.base.access.synced
    workspace = await platform.makeWorkspace({ owner: user(owner), viewer: user(viewer) })
    ana = withActor(opened.base, person(owner))
    vic = withActor(opened.base, person(viewer))
    const mayRead = () =>
      opened.base.access.decide(vic.actor, { verb: 'get', group: '', resource: 'configmaps', namespace: workspace })
    await eventually(async () => expect(mayRead().allowed).toBe(true), { timeoutMs: 20_000 })
  }, 180_000)
  afterAll(async () => {
    stopper.abort()
    if (skipped !== null) return
    await kube
      .delete(resources.customResourceDefinitions, { name: `boats.${group}` }, { propagation: 'Background' })
      .catch(() => {})
    await opened.close()
    await platform.stop()
  })
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)))

  test('lists kinds with what one may do, and objects in the server’s columns, in pages', async () => {
    const kinds = await listKinds(vic, { workspace })
    const kindOf = (name: string) => kinds.find((kind) => kind.kind === name)
    expect(kindOf('ConfigMap')).toMatchObject({ ...configMaps, shortNames: ['cm'], list: { allowed: true } })
    expect(kindOf('Secret')?.list).toMatchObject({ allowed: false, reason: expect.stringContaining('may not list') })
    expect(kindOf('Namespace')).toBeUndefined()
    expect((await listKinds(ana, { workspace: null })).map(({ kind }) => kind)).toContain('Namespace')

    for (const index of [1, 2, 3]) await configMap(`page-${index}`, { a: '1', b: '2' })
    const first = await listObjects(vic, ListObjects.parse({ workspace, ...configMaps, limit: 2 }))
    expect(first.columns.slice(0, 3).map(({ name }) => name)).toEqual(['Name', 'Data', 'Age'])
    expect(first.create).toMatchObject({ allowed: false })
    const rest = await listObjects(
      vic,
      ListObjects.parse({ workspace, ...configMaps, cursor: first.nextCursor ?? undefined }),
    )
    const names = [...first.items, ...rest.items].map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['page-1', 'page-2', 'page-3']))
    expect(first.items.find(({ name }) => name === 'page-1')?.cells.slice(0, 2)).toEqual(['page-1', 2])
  })

  test('a dry run says what would be and writes nothing; the write leaves an audit row', async () => {
    await configMap('settings', { mode: 'slow', 'app.conf': 'a = 1\nb = 2\n' })
    const read = await get('settings')
    expect(read.yaml).not.toMatch(/managedFields|resourceVersion|uid/)
    expect(read.managedFields).toContain('f:mode')
    const yaml = read.yaml.replace('mode: slow', 'mode: fast')
    const tried = await update('settings', { ...read, yaml }, { dryRun: true })
    expect(tried).toMatchObject({ outcome: 'made', dryRun: true, before: read.yaml, after: yaml })
    expect((await get('settings')).yaml).toBe(read.yaml)

    expect(await update('settings', { ...read, yaml })).toMatchObject({ outcome: 'made', dryRun: false, after: yaml })
    expect((await get('settings')).yaml).toBe(yaml)
    expect(await audit()).toEqual([
      {
        actor: owner,
        action: 'objects.update',
        subject: 'ConfigMap/settings',
        before: null,
        after: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          plural: 'configmaps',
          changes: [{ path: 'data.mode', before: 'slow', after: 'fast' }],
        },
      },
    ])
  })

  test('a stale text never overwrites: it is told what changed, and takes it over', async () => {
    await configMap('shared', { mine: '1', theirs: '1', both: '1' })
    const read = await get('shared')
    await kube.patch(
      resources.configMaps,
      { namespace: workspace, name: 'shared' },
      { data: { theirs: '2', both: '2' } },
    )
    const yaml = read.yaml.replace('mine: "1"', 'mine: "3"').replace('both: "1"', 'both: "3"')
    expect(yaml).not.toBe(read.yaml)
    for (const dryRun of [true, false]) {
      const stale = await update('shared', { ...read, yaml }, { dryRun })
      expect(stale).toMatchObject({ outcome: 'stale', live: expect.stringContaining('theirs: "2"'), by: 'keelson' })
    }
    const rebased = await rebaseObject(
      ana,
      RebaseObject.parse({ workspace, ...configMaps, name: 'shared', base: read.yaml, yaml }),
    )
    expect(rebased.clashes).toEqual(['data.both'])
    expect(await update('shared', rebased)).toMatchObject({ outcome: 'made' })
    expect(await kube.get(resources.configMaps, { namespace: workspace, name: 'shared' })).toMatchObject({
      data: { mine: '3', theirs: '2', both: '3' },
    })
    // Of what was written here, the person is named.
    expect(await update('shared', { ...read, yaml })).toMatchObject({
      outcome: 'stale',
      by: expect.stringContaining(owner),
    })
    // A namesake is another object, however alike.
    const before = await get('shared')
    await kube.delete(resources.configMaps, { namespace: workspace, name: 'shared' })
    await configMap('shared', { mine: '3', theirs: '2', both: '3' })
    expect(await update('shared', before)).toMatchObject({ outcome: 'stale' })
  })

  test('what the server refuses names the field', async () => {
    await configMap('strict', { a: '1' })
    const read = await get('strict')
    const unknown = await refusal(update('strict', { ...read, yaml: `${read.yaml}dota: {}\n` }, { dryRun: true }))
    expect(unknown).toMatchObject({ code: 'invalid', faults: [{ field: 'dota' }] })
    const job = (spec: string) =>
      `apiVersion: batch/v1\nkind: Job\nmetadata: { name: bad }\nspec:\n${spec}  template:\n    spec:\n      restartPolicy: Never\n      containers: [{ name: a, image: b }]\n`
    const create = (yaml: string) =>
      refusal(createObject(ana, CreateObject.parse({ workspace, yaml, dryRun: true }))).then(({ faults }) =>
        faults.map(({ field }) => field),
      )
    expect(await create(job('  parallelism: -2\n'))).toEqual(['spec.parallelism'])
    expect(await create(job('  parallelism: two\n'))).toEqual(['spec.parallelism'])
    expect(await create(job('  parallel: 2\n'))).toEqual(['spec.parallel'])
    expect(await create(`${job('')}---\n${job('')}`)).toEqual(['yaml'])
    expect(await create('apiVersion: v1\nkind: Namespace\nmetadata: { name: other }\n')).toEqual(['kind'])
    expect(await create('apiVersion: v1\nkind: Boat\nmetadata: { name: other }\n')).toEqual(['kind'])
    expect(await create('apiVersion: v1/../../x\nkind: Boat\nmetadata: { name: other }\n')).toEqual(['apiVersion'])
    expect(await create(job('').replace('name: bad', 'name: bad, namespace: kube-system'))).toEqual([
      'metadata.namespace',
    ])
    expect(
      await refusal(update('strict', { ...read, yaml: read.yaml.replace('name: strict', 'name: other') })),
    ).toMatchObject({ faults: [{ field: 'metadata.name' }] })
  })

  test('a Secret’s values are masked until asked for, also when written and in the audit trail', async () => {
    await kube.create(resources.secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: workspace, name: 'keys' },
      data: { one: 'b25l', two: 'dHdv' },
    })
    const read = await get('keys', secrets)
    expect(read.masked).toBe(true)
    expect(read.yaml).not.toMatch(/b25l|dHdv/)
    expect((await get('keys', { ...secrets, reveal: true })).yaml).toContain('b25l')
    const yaml = read.yaml.replace(`two: ${mask}`, 'two: ZHJlaQ==')
    const made = await update('keys', { ...read, yaml }, secrets)
    expect(made).toMatchObject({ outcome: 'made', after: expect.stringContaining(`two: ${mask} (changed)`) })
    const { data } = await kube.get<KubeObject>(resources.secrets, { namespace: workspace, name: 'keys' })
    expect(data).toEqual({ one: 'b25l', two: 'ZHJlaQ==' })
    const rows = await audit()
    expect(rows.at(-1)).toMatchObject({ subject: 'Secret/keys', after: { changes: [{ path: 'data.two' }] } })
    expect(JSON.stringify(rows)).not.toMatch(/ZHJlaQ|dHdv/)
    expect(await refusal(getObject(vic, GetObject.parse({ workspace, ...secrets, name: 'keys' })))).toMatchObject({
      code: 'forbidden',
    })
  })

  test('who may only look is refused by the cluster, and an operator’s look as somebody too', async () => {
    await configMap('guarded', { a: '1' })
    const input = GetObject.parse({ workspace, ...configMaps, name: 'guarded' })
    const read = await getObject(vic, input)
    expect(read.update).toMatchObject({ allowed: false, reason: expect.stringContaining('may not update') })
    const text = { yaml: read.yaml.replace('a: "1"', 'a: "2"'), etag: read.etag }
    for (const dryRun of [true, false]) {
      const call = updateObject(vic, UpdateObject.parse({ ...input, ...text, dryRun }))
      expect(await refusal(call)).toMatchObject({ code: 'forbidden' })
    }
    const gone = deleteObject(vic, { ...input, uid: read.uid })
    expect(await refusal(gone)).toMatchObject({ code: 'forbidden' })
    const view = { by: 'op@example.com', until: '2100-01-01T00:00:00Z' }
    const looking = withActor(opened.base, { ...person(owner), view } as Ctx['actor'])
    expect((await getObject(looking, input)).update).toMatchObject({ allowed: false })
    expect(await refusal(updateObject(looking, UpdateObject.parse({ ...input, ...text })))).toMatchObject({
      code: 'forbidden',
    })
    const narrowed = withActor(opened.base, { ...person(owner), tokenWorkspace: 'elsewhere' } as Ctx['actor'])
    expect(await refusal(getObject(narrowed, input))).toMatchObject({ code: 'forbidden' })
    expect((await audit()).filter(({ subject }) => subject === 'ConfigMap/guarded')).toEqual([])
    expect((await get('guarded')).yaml).toContain('a: "1"')
  })

  test('a custom kind of one’s own: schema, create, status apart, watch, delete', async () => {
    const boats = { group, version: 'v1', plural: 'boats' }
    await kube.create(resources.customResourceDefinitions, boatDefinition(group))
    await eventually(
      async () => expect((await get('none', boats).catch((error) => error)).message).not.toMatch(/no kind/),
      {
        timeoutMs: 20_000,
      },
    )
    const schema = await eventually(
      async () => {
        const found = await getSchema(ana, { apiVersion: `${group}/v1`, kind: 'Boat' })
        expect(found.root).not.toBeNull()
        return found
      },
      { timeoutMs: 20_000 },
    )
    const root = schema.definitions[schema.root ?? '']
    expect(root?.properties?.spec?.properties?.sail).toMatchObject({ enum: ['gaff', 'lug'], description: 'Its rig.' })
    expect(schema.definitions[root?.properties?.metadata?.$ref ?? '']?.properties).toHaveProperty('labels')

    const yaml = `apiVersion: ${group}/v1\nkind: Boat\nmetadata:\n  name: tern\nspec:\n  sail: lug\n`
    const admin = withActor(opened.base, { kind: 'platform', username: 'keelson', groups: [] })
    const create = (dryRun: boolean) => createObject(admin, CreateObject.parse({ workspace, yaml, dryRun }))
    expect(await create(true)).toMatchObject({ name: 'tern', namespace: workspace })
    const input = GetObject.parse({ workspace, ...boats, name: 'tern' })
    expect(await refusal(getObject(admin, input))).toMatchObject({ code: 'not_found' })
    await create(false)
    const read = await getObject(admin, input)

    const heard = watchObjects(admin, { workspace, ...boats, name: 'tern' }, stopper.signal)
    // It tells where it begins: whoever asks again then has missed nothing.
    expect(await heard.next()).toMatchObject({ value: 1 })
    const told = heard.next()
    const ref = { ...boats, kind: 'Boat', namespaced: true }
    const status = { knots: 7 }
    const boat = { apiVersion: '', kind: '', metadata: { namespace: workspace, name: 'tern' }, status }
    await kube.applyStatus(ref, boat, { fieldManager: 'test' })
    expect(await told).toMatchObject({ value: 2 })
    await heard.return()
    // A status of its own makes no text stale, and no text changes it.
    const next = { yaml: read.yaml.replace('sail: lug', 'sail: gaff'), etag: read.etag }
    expect(await updateObject(admin, UpdateObject.parse({ ...input, ...next }))).toMatchObject({ outcome: 'made' })
    const now = await getObject(admin, input)
    expect(now.status).toContain('knots: 7')
    await deleteObject(admin, { ...input, uid: now.uid })
    expect(await refusal(getObject(admin, input))).toMatchObject({ code: 'not_found' })
    expect((await audit()).filter(({ subject }) => subject === 'Boat/tern').map(({ action }) => action)).toEqual([
      'objects.create',
      'objects.update',
      'objects.delete',
    ])
  })

  test('an object of a megabyte is read, tried and written', async () => {
    const line = `${'x'.repeat(99)}\n`
    await configMap('large', { text: line.repeat(10_000), count: '1' })
    const read = await get('large')
    const made = await update('large', { ...read, yaml: read.yaml.replace('count: "1"', 'count: "2"') })
    expect(made).toMatchObject({ outcome: 'made' })
    expect((await audit()).at(-1)).toMatchObject({
      after: { changes: [{ path: 'data.count', before: '1', after: '2' }] },
    })
  })
})

function boatDefinition(group: string): KubeObject {
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: { sail: { type: 'string', enum: ['gaff', 'lug'], description: 'Its rig.' } },
      },
      status: { type: 'object', properties: { knots: { type: 'integer' } } },
    },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `boats.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'boats', singular: 'boat', kind: 'Boat', listKind: 'BoatList' },
      versions: [
        { name: 'v1', served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: schema } },
      ],
    },
  }
}
