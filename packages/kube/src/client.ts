import type { AccessAttributes, KubeObject } from '@keelson/contracts/kubernetes'
import { AppError } from '@keelson/process/app-error'
import type { Logger } from '@keelson/process/logger'
import { discover, kindsOf, readOpenApi, readTable, watchMetadata, writeStrictly } from './any-kind.ts'
import type { KubeApi, KubeUser, ObjectRef, Resource } from './api.ts'
import type { Connection, Request } from './connection.ts'
import { impersonationHeaders } from './impersonation.ts'
import { startInformer } from './informer.ts'
import { listOnce, type SendJson, typed } from './list-page.ts'
import { readLog } from './logs.ts'
import { collectionPath, objectPath, queryString } from './paths.ts'
import { apiVersionOf, resources } from './resources.ts'

const applyType = 'application/apply-patch+yaml'
const mergeType = 'application/merge-patch+json'

/** The KubeApi over one connection; `identity` holds the impersonation headers, empty for the connection's own identity. */
export function kubeApi(
  connection: Connection,
  log: Logger,
  identity: Record<string, string | string[]> = {},
): KubeApi {
  const json = <T>(request: Request) => connection.json<T>({ ...request, headers: { ...identity, ...request.headers } })
  const stream = (request: Request) => connection.stream({ ...request, headers: { ...identity, ...request.headers } })
  const api: KubeApi = {
    as: (user) => kubeApi(connection, log, impersonationHeaders(user)),
    get: async <T extends KubeObject>(resource: Resource, ref: ObjectRef) =>
      json<T>({ method: 'GET', path: objectPath(resource, ref) }),
    find: <T extends KubeObject>(resource: Resource, ref: ObjectRef) => orNull(api.get<T>(resource, ref)),
    list: async (resource, options = {}) => listOnce(json, resource, options),
    create: async <T extends KubeObject>(resource: Resource, object: T, options: { dryRun?: boolean } = {}) =>
      json<T>({
        method: 'POST',
        path: collectionPath(resource, object.metadata.namespace) + queryString(dryRun(options)),
        body: typed(resource, object),
      }),
    apply: async <T extends KubeObject>(
      resource: Resource,
      object: T,
      options: { fieldManager: string; dryRun?: boolean },
    ) =>
      json<T>({
        method: 'PATCH',
        path:
          objectPath(resource, refOf(object)) +
          queryString({ fieldManager: options.fieldManager, force: true, ...dryRun(options) }),
        body: { ...typed(resource, object), metadata: { ...object.metadata, managedFields: undefined } },
        contentType: applyType,
      }),
    applyStatus: async <T extends KubeObject>(resource: Resource, object: T, options: { fieldManager: string }) =>
      json<T>({
        method: 'PATCH',
        path:
          objectPath(resource, refOf(object), 'status') +
          queryString({ fieldManager: options.fieldManager, force: true }),
        body: statusOnly(resource, object),
        contentType: applyType,
      }),
    patch: async <T extends KubeObject>(resource: Resource, ref: ObjectRef, patch: unknown) =>
      json<T>({ method: 'PATCH', path: objectPath(resource, ref), body: patch, contentType: mergeType }),
    delete: async (resource, ref, options = {}) => {
      await json({
        method: 'DELETE',
        path: objectPath(resource, ref),
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
          ...(options.propagation === undefined ? {} : { propagationPolicy: options.propagation }),
        },
      })
    },
    inform: (resource, options, signal) => startInformer({ json, stream, log }, resource, options, signal),
    discover: () => discover(json),
    kindsOf: (group, version) => kindsOf(json, group, version),
    table: async (resource, options = {}) => readTable(json, resource, options),
    openApi: async (group, version) => readOpenApi(json, group, version),
    write: async (resource, object, options) => writeStrictly(stream, resource, object, options),
    watch: (resource, options, signal) => watchMetadata({ json, stream }, resource, options, signal),
    logs: (ref, options, signal) => readLog(stream, ref, options, signal),
    review: (user, asked) => reviewAccess(json, user, asked),
    reviewToken: (token, audiences) => reviewToken(json, token, audiences),
  }
  return api
}

async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null
    throw error
  }
}

function dryRun(options: { dryRun?: boolean }): { dryRun?: string } {
  return options.dryRun ? { dryRun: 'All' } : {}
}

/** Only what identifies the object and its status: fields sent to the status subresource become owned by the manager. */
function statusOnly(resource: Resource, { metadata, status }: KubeObject): KubeObject {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: {
      ...(metadata.name === undefined ? {} : { name: metadata.name }),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    },
    status,
  }
}

function refOf(object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata
  if (!name) {
    throw new AppError('invalid', 'Server-side apply needs a name.', {
      faults: [{ field: 'metadata.name', message: 'Required' }],
    })
  }
  return { namespace, name }
}

async function reviewAccess(
  json: SendJson,
  user: KubeUser,
  asked: AccessAttributes,
): Promise<{ allowed: boolean; reason: string }> {
  const attributes =
    asked.path === undefined
      ? {
          resourceAttributes: {
            verb: asked.verb,
            group: asked.group,
            resource: asked.resource,
            subresource: asked.subresource,
            namespace: asked.namespace,
            name: asked.name,
          },
        }
      : { nonResourceAttributes: { verb: asked.verb, path: asked.path } }
  // An authenticated request has this group from the server itself; a review has only the groups that it names.
  const groups = [...new Set([...user.groups, 'system:authenticated'])]
  const answer = await json<{ status?: { allowed?: boolean; denied?: boolean; reason?: string } }>({
    method: 'POST',
    path: collectionPath(resources.subjectAccessReviews, undefined),
    body: typed(resources.subjectAccessReviews, {
      apiVersion: '',
      kind: '',
      metadata: {},
      spec: { user: user.username, groups, ...attributes },
    }),
  })
  return {
    allowed: answer.status?.allowed === true && answer.status.denied !== true,
    reason: answer.status?.reason ?? '',
  }
}

type TokenReviewAnswer = {
  status?: {
    authenticated?: boolean
    audiences?: string[]
    user?: { username?: string; groups?: string[]; extra?: Record<string, string[]> }
  }
}

async function reviewToken(json: SendJson, token: string, audiences: readonly string[]) {
  const answer = await json<TokenReviewAnswer>({
    method: 'POST',
    path: collectionPath(resources.tokenReviews, undefined),
    body: typed(resources.tokenReviews, {
      apiVersion: '',
      kind: '',
      metadata: {},
      spec: { token, ...(audiences.length === 0 ? {} : { audiences: [...audiences] }) },
    }),
  })
  const { authenticated, user, audiences: accepted } = answer.status ?? {}
  if (authenticated !== true || !user?.username) return null
  // A webhook that knows no audiences answers for the API server's own: only what it lists is proved (TokenReviewStatus).
  if (audiences.length > 0 && !(accepted ?? []).some((audience) => audiences.includes(audience))) return null
  return { username: user.username, groups: user.groups ?? [], extra: user.extra ?? {} }
}
