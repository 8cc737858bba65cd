import type { AccessAttributes, KubeObject, ObjectMeta } from '@keelson/contracts/kubernetes'

/** A kind as the API addresses it: `{ group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job', namespaced: true }`. */
export type Resource = { group: string; version: string; plural: string; kind: string; namespaced: boolean }

export type ObjectRef = { namespace?: string | undefined; name: string }

export type ListOptions = {
  namespace?: string | undefined
  labelSelector?: string | undefined
  fieldSelector?: string | undefined
  limit?: number | undefined
  continue?: string | undefined
  /** Names, labels and the like alone (PartialObjectMetadata): `spec`, `status` and `data` stay at the server. */
  metadataOnly?: boolean | undefined
}

export type KubeUser = { username: string; groups: readonly string[] }

export type InformerEvent<T> = { type: 'added' | 'modified' | 'deleted'; object: T }

/** A kind with what can be done with it. `preferred`: in the version that its group prefers. */
export type ApiKind = Resource & {
  verbs: readonly string[]
  shortNames: readonly string[]
  categories: readonly string[]
  /** `status` is a subresource: a write of the object leaves it alone. */
  hasStatus: boolean
  preferred: boolean
}

/** A page of objects in the server's own columns; `priority` above 0 is for wide tables. */
export type ObjectTable = {
  columns: { name: string; type: string; description: string; priority: number }[]
  rows: { metadata: ObjectMeta; cells: unknown[] }[]
  /** How many follow this page, where the server says so. */
  remaining: number | null
  continue?: string
}

/** An OpenAPI v3 document: its schemas by name, as the server has them. */
export type OpenApiDocument = { components?: { schemas?: Record<string, unknown> } }

/** What the server made of a write, and what it warned of. */
export type Written<T> = { object: T; warnings: string[] }

/** `RELIST` has no name: the changes begin here, and anything that was read before may have changed. */
export type ObjectChange = { type: string; namespace?: string | undefined; name?: string | undefined }

/** A list that keeps itself true by a watch. `get` and `list` read its cache. */
export type Informer<T> = {
  /** Resolves after the first complete list. */
  synced: Promise<void>
  /** True while the list is known to be fresh; false after the watch has been broken for a while. */
  readonly healthy: boolean
  get(ref: ObjectRef): T | undefined
  list(namespace?: string): T[]
  onEvent(handler: (event: InformerEvent<T>) => void): () => void
  stop(): void
}

/**
 * The Kubernetes API as one identity. Every method throws `AppError` with the server's own message: NotFound → not_found,
 * AlreadyExists → already_exists, Conflict → conflict, Forbidden → forbidden, Invalid → invalid (with its field causes),
 * Unauthorized → unauthenticated, 429 → exhausted, no answer or 5xx → unavailable.
 */
export type KubeApi = {
  /** The same API as another user, by impersonation. Refuses `system:` users and groups other than authenticated. */
  as(user: KubeUser): KubeApi
  get<T extends KubeObject>(resource: Resource, ref: ObjectRef): Promise<T>
  find<T extends KubeObject>(resource: Resource, ref: ObjectRef): Promise<T | null>
  list<T extends KubeObject>(
    resource: Resource,
    options?: ListOptions,
  ): Promise<{ items: T[]; resourceVersion: string; continue?: string | undefined }>
  create<T extends KubeObject>(resource: Resource, object: T, options?: { dryRun?: boolean }): Promise<T>
  /** Server-side apply under `fieldManager`, forced. */
  apply<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: { fieldManager: string; dryRun?: boolean },
  ): Promise<T>
  /** Writes only `status`, by server-side apply on the status subresource. */
  applyStatus<T extends KubeObject>(resource: Resource, object: T, options: { fieldManager: string }): Promise<T>
  /** JSON merge patch. */
  patch<T extends KubeObject>(resource: Resource, ref: ObjectRef, patch: unknown): Promise<T>
  /** `uid` guards against deleting a namesake. Deleting what is gone throws not_found. */
  delete(
    resource: Resource,
    ref: ObjectRef,
    options?: { uid?: string; propagation?: 'Foreground' | 'Background' | 'Orphan' },
  ): Promise<void>
  inform<T extends KubeObject>(
    resource: Resource,
    options: Pick<ListOptions, 'namespace' | 'labelSelector'>,
    signal: AbortSignal,
  ): Informer<T>
  /** Every kind that the server has, custom ones too. */
  discover(): Promise<ApiKind[]>
  /** The kinds of one group's version; not_found where there is no such version. */
  kindsOf(group: string, version: string): Promise<ApiKind[]>
  table(resource: Resource, options?: ListOptions): Promise<ObjectTable>
  openApi(group: string, version: string): Promise<OpenApiDocument>
  /** Creates, or replaces (with the object's own resourceVersion as the lock); unknown fields are errors. */
  write<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: { method: 'create' | 'replace'; dryRun?: boolean },
  ): Promise<Written<T>>
  /** That something changes, of one object or of all of a kind, until `signal` aborts; first a `RELIST`. */
  watch(
    resource: Resource,
    options: { namespace?: string | undefined; name?: string | undefined },
    signal: AbortSignal,
  ): AsyncIterable<ObjectChange>
  /** Follows a container's log; each line as the server sends it, with its timestamp in front when asked. */
  logs(
    ref: { namespace: string; pod: string },
    options: {
      container?: string
      follow?: boolean
      previous?: boolean
      timestamps?: boolean
      sinceTime?: string
      tailLines?: number
    },
    signal: AbortSignal,
  ): AsyncIterable<string>
  /** SubjectAccessReview. */
  review(user: KubeUser, asked: AccessAttributes): Promise<{ allowed: boolean; reason: string }>
  /** TokenReview: null when the token is not good for any of the audiences. */
  reviewToken(
    token: string,
    audiences: readonly string[],
  ): Promise<{ username: string; groups: string[]; extra: Record<string, string[]> } | null>
}
