/** What an object browser asks of the API server: which kinds there are, their tables, their schemas, and writes that are checked strictly. */
import type { KubeObject, ObjectMeta } from '@keelson/contracts/kubernetes'
import { AppError } from '@keelson/process/app-error'
import { systemClock } from '@keelson/process/clock'
import type { ApiKind, ListOptions, ObjectChange, ObjectTable, OpenApiDocument, Resource, Written } from './api.ts'
import { readText } from './connection.ts'
import { readLines } from './lines.ts'
import { listOnce, type SendJson, typed } from './list-page.ts'
import type { OpenStream } from './logs.ts'
import { collectionPath, listQuery, objectPath, pathOf, queryString } from './paths.ts'
import { errorOfAnswer, isExpired } from './status.ts'
import { parseWarnings } from './warnings.ts'

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
const asMetadata = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json'

type Discovery = {
  items: {
    metadata?: { name?: string }
    versions?: {
      version: string
      resources?: {
        resource: string
        scope: string
        responseKind?: { kind?: string }
        verbs?: string[]
        shortNames?: string[]
        categories?: string[]
        subresources?: { subresource: string }[]
      }[]
    }[]
  }[]
}

/** Every kind of every version, by aggregated discovery (apidiscovery.k8s.io/v2, served since Kubernetes 1.30). */
export async function discover(json: SendJson): Promise<ApiKind[]> {
  const read = async (path: string): Promise<Discovery> => {
    const answer = await json<Partial<Discovery>>({ method: 'GET', path, headers: { accept: aggregated } })
    if (answer.items === undefined)
      throw new AppError('unimplemented', 'The cluster is older than Kubernetes 1.30: its kinds cannot be listed.')
    return { items: answer.items }
  }
  const [core, groups] = await Promise.all([read('/api'), read('/apis')])
  return [...core.items, ...groups.items].flatMap(({ metadata, versions = [] }) => {
    const known = new Set<string>()
    return versions.flatMap(({ version, resources = [] }) =>
      resources.map((found): ApiKind => {
        const preferred = !known.has(found.resource)
        known.add(found.resource)
        return {
          group: metadata?.name ?? '',
          version,
          plural: found.resource,
          kind: found.responseKind?.kind ?? '',
          namespaced: found.scope === 'Namespaced',
          verbs: found.verbs ?? [],
          shortNames: found.shortNames ?? [],
          categories: found.categories ?? [],
          hasStatus: (found.subresources ?? []).some(({ subresource }) => subresource === 'status'),
          preferred,
        }
      }),
    )
  })
}

type ResourceList = {
  resources?: {
    name: string
    kind: string
    namespaced: boolean
    verbs?: string[]
    shortNames?: string[]
    categories?: string[]
  }[]
}

/** The kinds of one version, from its APIResourceList: much less to read than the whole discovery. */
export async function kindsOf(json: SendJson, group: string, version: string): Promise<ApiKind[]> {
  const root = pathOf({ group, version, plural: '', kind: '', namespaced: false }, {}).slice(0, -1)
  const { resources = [] } = await json<ResourceList>({ method: 'GET', path: root })
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map((found) => ({
      group,
      version,
      plural: found.name,
      kind: found.kind,
      namespaced: found.namespaced,
      verbs: found.verbs ?? [],
      shortNames: found.shortNames ?? [],
      categories: found.categories ?? [],
      hasStatus: resources.some(({ name }) => name === `${found.name}/status`),
      preferred: true,
    }))
}

type TableAnswer = {
  kind?: string
  metadata?: { continue?: string; resourceVersion?: string; remainingItemCount?: number }
  columnDefinitions?: { name: string; type?: string; description?: string; priority?: number }[]
  rows?: { cells?: unknown[]; object?: { metadata?: ObjectMeta } }[] | null
  items?: { metadata: ObjectMeta }[] | null
}

/** One page with the server's own columns. A server behind the aggregator may not know tables: then names and ages. */
export async function readTable(json: SendJson, resource: Resource, options: ListOptions): Promise<ObjectTable> {
  const path =
    pathOf(resource, { namespace: options.namespace }) +
    queryString({ ...listQuery(options), includeObject: 'Metadata' })
  const answer = await json<TableAnswer>({ method: 'GET', path, headers: { accept: asTable } })
  const metadata = answer.metadata ?? {}
  const shared = {
    remaining: metadata.remainingItemCount ?? null,
    ...(metadata.continue ? { continue: metadata.continue } : {}),
  }
  if (answer.kind !== 'Table') {
    const columns = [
      { name: 'Name', type: 'string', description: '', priority: 0 },
      { name: 'Created At', type: 'date', description: '', priority: 0 },
    ]
    const rows = (answer.items ?? []).map((item) => ({
      metadata: item.metadata,
      cells: [item.metadata.name ?? '', item.metadata.creationTimestamp ?? ''],
    }))
    return { ...shared, columns, rows }
  }
  return {
    ...shared,
    columns: (answer.columnDefinitions ?? []).map(({ name, type = 'string', description = '', priority = 0 }) => ({
      name,
      type,
      description,
      priority,
    })),
    rows: (answer.rows ?? []).map(({ cells = [], object }) => ({ metadata: object?.metadata ?? {}, cells })),
  }
}

/** The schemas of a group's version. */
export function readOpenApi(json: SendJson, group: string, version: string): Promise<OpenApiDocument> {
  const root = pathOf({ group, version, plural: '', kind: '', namespaced: false }, {}).slice(0, -1)
  return json<OpenApiDocument>({ method: 'GET', path: `/openapi/v3${root}` })
}

/** Creates or replaces, with every unknown field an error, and tells what the server warned of. */
export async function writeStrictly<T extends KubeObject>(
  stream: OpenStream,
  resource: Resource,
  object: T,
  options: { method: 'create' | 'replace'; dryRun?: boolean },
): Promise<Written<T>> {
  const query = queryString({
    fieldValidation: 'Strict',
    fieldManager: 'keelson-editor',
    ...(options.dryRun ? { dryRun: 'All' } : {}),
  })
  const { namespace, name = '' } = object.metadata
  const answer = await stream({
    method: options.method === 'create' ? 'POST' : 'PUT',
    path:
      (options.method === 'create' ? collectionPath(resource, namespace) : objectPath(resource, { namespace, name })) +
      query,
    body: typed(resource, object),
  })
  return { object: JSON.parse(await readText(answer)) as T, warnings: parseWarnings(answer.headers.warning) }
}

type WatchLine = { type: string; object: { code?: number; metadata: ObjectMeta } }
const watchSeconds = 290
const silenceMs = 120_000
const pauseMs = 1_000

/**
 * What changes, without the objects themselves. One nameless change says that it begins, and that whatever was read before may be
 * different. Goes on where a break left off; begins anew where the server has forgotten (410). Ends with `signal`; throws when the server refuses.
 */
export async function* watchMetadata(
  ways: { json: SendJson; stream: OpenStream },
  resource: Resource,
  options: { namespace?: string | undefined; name?: string | undefined },
  signal: AbortSignal,
): AsyncGenerator<ObjectChange, void, void> {
  const fieldSelector = options.name === undefined ? undefined : `metadata.name=${options.name}`
  let version: string | null = null
  while (!signal.aborted) {
    try {
      if (version === null) {
        const where = { namespace: options.namespace, fieldSelector, limit: 1 }
        version = (await listOnce(ways.json, resource, where)).resourceVersion
        // What somebody read before this version may be stale by now, and no change of it will follow.
        yield { type: 'RELIST' }
      }
      const path =
        pathOf(resource, { namespace: options.namespace }) +
        queryString({
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion: version,
          timeoutSeconds: watchSeconds,
          fieldSelector,
        })
      const headers = { accept: asMetadata }
      const answer = await ways.stream({ method: 'GET', path, headers, signal, idleMs: silenceMs })
      try {
        for await (const line of readLines(answer)) {
          if (line === '') continue
          const { type, object } = JSON.parse(line) as WatchLine
          if (type === 'ERROR') throw errorOfAnswer(Number(object.code ?? 500), JSON.stringify(object))
          version = object.metadata.resourceVersion ?? version
          if (type !== 'BOOKMARK') yield { type, namespace: object.metadata.namespace, name: object.metadata.name }
        }
      } finally {
        answer.destroy()
      }
    } catch (error) {
      if (signal.aborted) return
      if (isExpired(error)) {
        version = null
      } else if (!isPassing(error)) throw error
      await systemClock.sleep(pauseMs, signal)
    }
  }
}

/** A break of the connection, against an answer that says no. */
function isPassing(error: unknown): boolean {
  return !(error instanceof AppError) || error.code === 'unavailable' || error.code === 'exhausted'
}
