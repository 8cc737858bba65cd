/** Runs steps on two servers side by side and compares every answer, then what watches tell of it all. */
import { randomBytes } from 'node:crypto'
import { eventually } from '@keelson/testing'
import type { Answer, Cluster, Json } from '../cluster.ts'
import { crd, crdName, type KindName, kinds, type Step } from './steps.ts'

export type Difference = { step: Step | { watch: KindName }; index: number; left: unknown; right: unknown }

const hidden = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'time',
  'continue',
  'remainingItemCount',
])

/** Without what no two servers share: ids, versions, times, and the order of keys. */
export function normalise(value: Json): Json {
  if (typeof value === 'string')
    return value
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
      .replaceAll(/("resourceVersion\\*":\\*"|record \()\d+/g, '$1<version>')
  if (Array.isArray(value)) return value.map(normalise)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.keys(value)
    .sort()
    .map((key) => [
      key,
      hidden.has(key) && value[key] !== null
        ? `<${key}>`
        : key === 'managedFields'
          ? managers(value[key])
          : normalise(value[key]),
    ])
  return Object.fromEntries(entries)
}

/** Entries are ordered by time: two servers may disagree when a second passes between two writes. */
function managers(list: Json): Json {
  if (!Array.isArray(list)) return list
  const key = (entry: Json) => `${entry.operation} ${entry.manager} ${entry.subresource ?? ''}`
  // A real server leaves the time of an Apply away that changed nothing.
  return list.map(({ time: _, ...entry }) => normalise(entry)).sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

const pathOf = (namespace: string, kind: KindName, name = '') => {
  const { apiVersion } = kinds[kind]
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  return `${root}/namespaces/${namespace}/${kind}${name ? `/${name}` : ''}`
}
const withQuery = (path: string, query = '') => (query ? `${path}?${query}` : path)
const patchTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

async function perform(cluster: Cluster, namespace: string, step: Step): Promise<Answer> {
  const { kind, name, body, query } = step
  const path = withQuery(pathOf(namespace, kind, name), query)
  switch (step.op) {
    case 'create':
      return cluster.call('POST', withQuery(pathOf(namespace, kind), query), { body })
    case 'update': {
      const { body: current, status } = await cluster.get(pathOf(namespace, kind, name))
      const object = status === 200 ? current : { ...kinds[kind], metadata: { name } }
      const metadata = { ...object.metadata, ...body.metadata, ...(step.stale ? { resourceVersion: '1' } : {}) }
      return cluster.call('PUT', path, { body: { ...object, ...body, metadata } })
    }
    case 'merge':
    case 'json':
    case 'strategic':
    case 'apply':
      return cluster.call('PATCH', path, { body, type: patchTypes[step.op] })
    case 'status':
      return cluster.call('PATCH', `${pathOf(namespace, kind, name)}/status`, { body, type: patchTypes.merge })
    case 'delete': {
      const own = step.ownUid
        ? { uid: (await cluster.get(pathOf(namespace, kind, name))).body.metadata?.uid }
        : undefined
      const answer = await cluster.call('DELETE', path, { body: own ? { ...body, preconditions: own } : body })
      if (answer.status === 200 && body.propagationPolicy) await collected(cluster, pathOf(namespace, kind, name))
      return answer
    }
    case 'deleteAll':
    case 'list':
      return collect(cluster, step.op === 'list' ? 'GET' : 'DELETE', pathOf(namespace, kind), query ?? '')
    case 'get':
      return cluster.get(path)
  }
}

/** The garbage collector's own finalizers go in its own time: both servers are given it. */
async function collected(cluster: Cluster, path: string): Promise<void> {
  await eventually(
    async () => {
      const { body } = await cluster.get(path)
      const left: string[] = body.metadata?.finalizers ?? []
      return (
        body.metadata?.deletionTimestamp === undefined ||
        !left.some((name) => name === 'orphan' || name === 'foregroundDeletion')
      )
    },
    { timeoutMs: 10_000 },
  )
}

/** All pages of a list, as one answer. What a namespace has of its own is left out. */
async function collect(cluster: Cluster, method: string, path: string, query: string): Promise<Answer> {
  const items: Json[] = []
  let answer: Answer
  let more = ''
  let pages = 0
  do {
    answer = await cluster.call(method, withQuery(path, [query, more].filter(Boolean).join('&')))
    items.push(...(answer.body.items ?? []))
    more = answer.body.metadata?.continue ? `continue=${encodeURIComponent(answer.body.metadata.continue)}` : ''
    pages += 1
  } while (more)
  if (answer.body.items === undefined) return answer
  // Items of built-in kinds carry no type on a real server; kubelite's do (docs/compat.md).
  const own = items
    .filter((item) => item.metadata.name !== 'kube-root-ca.crt')
    .map(({ kind: _k, apiVersion: _a, ...item }) => item)
  return { ...answer, body: { ...answer.body, items: own, pages } }
}

const seen = (answer: Answer) => ({
  status: answer.status,
  warning: answer.headers.warning ?? null,
  body: normalise(answer.body),
})
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

export async function prepare(clusters: readonly Cluster[]): Promise<void> {
  for (const cluster of clusters) {
    await cluster.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)
    await eventually(async () => (await cluster.get('/apis/fuzz.example.dev/v1/fuzzes')).status === 200, {
      timeoutMs: 20_000,
    })
  }
}

export async function cleanUp(clusters: readonly Cluster[]): Promise<void> {
  for (const cluster of clusters)
    await cluster.del(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crdName}`)
}

/** The first difference (or all of them), in a namespace of its own that is deleted afterwards. */
export async function compare(
  pair: readonly [Cluster, Cluster],
  steps: readonly Step[],
  all = false,
): Promise<Difference[]> {
  const [left, right] = pair
  const namespaces = await Promise.all([left.namespace(), right.namespace()])
  // One name on both, so that messages are the same.
  const shared = `fuzz-${randomBytes(4).toString('hex')}`
  const found: Difference[] = []
  try {
    await Promise.all(pair.map((cluster) => cluster.post('/api/v1/namespaces', { metadata: { name: shared } })))
    const starts = await Promise.all(
      pair.map(
        async (cluster) => (await cluster.get(pathOf(shared, 'configmaps'))).body.metadata.resourceVersion as string,
      ),
    )
    for (const [index, step] of steps.entries()) {
      const [a, b] = (await Promise.all(pair.map((cluster) => perform(cluster, shared, step)))).map(seen)
      if (same(a, b)) continue
      found.push({ step, index, left: a, right: b })
      if (!all) return found
    }
    if (!all) found.push(...(await compareWatches(pair, shared, starts)))
    return found
  } finally {
    await Promise.all(
      pair.map((cluster, index) =>
        Promise.all([release(cluster, shared), cluster.del(`/api/v1/namespaces/${namespaces[index]}`)]),
      ),
    )
  }
}

async function compareWatches(
  pair: readonly [Cluster, Cluster],
  namespace: string,
  starts: readonly string[],
): Promise<Difference[]> {
  const found: Difference[] = []
  for (const kind of Object.keys(kinds) as KindName[]) {
    const [a, b] = await Promise.all(
      pair.map(async (cluster, index) => {
        const path = withQuery(pathOf(namespace, kind), `watch=true&timeoutSeconds=1&resourceVersion=${starts[index]}`)
        const events = await cluster.watch(path, () => false, { timeoutMs: 8_000 })
        return events.filter((event) => event.object.metadata?.name !== 'kube-root-ca.crt').map(normalise)
      }),
    )
    if (!same(a, b)) found.push({ step: { watch: kind }, index: -1, left: a, right: b })
  }
  return found
}

/** Takes the finalizers off, so that the namespace can go. */
async function release(cluster: Cluster, namespace: string): Promise<void> {
  for (const kind of Object.keys(kinds) as KindName[]) {
    const { body } = await cluster.get(pathOf(namespace, kind))
    for (const item of body.items ?? [])
      if (item.metadata.finalizers)
        await cluster.merge(pathOf(namespace, kind, item.metadata.name), { metadata: { finalizers: null } })
  }
  await cluster.del(`/api/v1/namespaces/${namespace}`)
}

/** Leaves out every step without which the last one still differs. */
export async function shrink(
  pair: readonly [Cluster, Cluster],
  steps: readonly Step[],
  index: number,
): Promise<Step[]> {
  let kept = steps.slice(0, index + 1)
  const last = kept.at(-1)
  const fails = async (tried: readonly Step[]) => (await compare(pair, tried))[0]?.index === tried.length - 1
  // Steps on other kinds first, all at once: most have nothing to do with it.
  const related = kept.filter((step) => step === last || (step.kind === last?.kind && step.name === last.name))
  if (await fails(related)) kept = related
  for (let at = kept.length - 2; at >= 0; at -= 1) {
    const tried = kept.filter((_, other) => other !== at)
    if (await fails(tried)) kept = tried
  }
  return kept
}
