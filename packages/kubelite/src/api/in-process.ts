/** `KubeliteClient` over the same operations that HTTP uses. Objects that it returns are copies. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { TokenIssuer } from '../auth/service-account-tokens.ts'
import type { KubeliteClient, Ref, ResourceId, Selection } from '../client.ts'
import { applyMergePatch } from '../patch/merge-patch.ts'
import type { Resource } from '../registry/resource.ts'
import { noSuchPath, StatusError } from '../status-error.ts'
import type { Entry } from '../store/store.ts'
import type { Operations } from './operations.ts'
import { getEntry, jsonFor, listEntries } from './read.ts'
import type { WriteContext } from './types.ts'
import { watchIterable } from './watch.ts'

/** A client that acts as `username`, trusted like `system:masters`. */
export function createInProcessClient(operations: Operations, tokens: TokenIssuer, username: string): KubeliteClient {
  const { store, registry } = operations
  const context = (): WriteContext => ({
    user: { username, groups: ['system:masters', 'system:authenticated'] },
    dryRun: false,
    fieldManager: username.split(':').at(-1) ?? 'kubelite',
    fieldValidation: 'Ignore',
    warnings: [],
    mayBind: true,
  })
  const find = (id: ResourceId): Resource => {
    const resource = registry.find(id)
    if (resource === undefined) throw noSuchPath()
    return resource
  }
  const copy = <T extends KubeObject>(resource: Resource, entry: Entry): T => JSON.parse(jsonFor(resource, entry)) as T
  const targetOf = (resource: Resource, ref: Ref) => ({ resource, namespace: ref.namespace, name: ref.name })
  const refOf = (object: KubeObject): Ref => ({
    namespace: object.metadata.namespace,
    name: object.metadata.name ?? '',
  })

  const client: KubeliteClient = {
    async get(id, ref) {
      const resource = find(id)
      return copy(resource, getEntry(store, resource, ref.namespace, ref.name))
    },
    async find(id, ref) {
      try {
        return await client.get(id, ref)
      } catch (error) {
        if (error instanceof StatusError && error.code === 404) return null
        throw error
      }
    },
    async list<T extends KubeObject>(id: ResourceId, selection: Selection = {}) {
      const resource = find(id)
      const page = listEntries(store, resource, selection)
      return {
        items: page.entries.map((entry) => copy<T>(resource, entry)),
        resourceVersion: String(page.resourceVersion),
      }
    },
    async create(id, object) {
      const resource = find(id)
      return copy(
        resource,
        await operations.create(resource, object.metadata.namespace, structuredClone(object), context()),
      )
    },
    async update(id, object) {
      const resource = find(id)
      return copy(
        resource,
        await operations.update(targetOf(resource, refOf(object)), () => structuredClone(object), context()),
      )
    },
    async updateStatus(id, object) {
      const resource = find(id)
      return copy(
        resource,
        await operations.update(targetOf(resource, refOf(object)), () => structuredClone(object), context(), 'status'),
      )
    },
    async patch(id, ref, patch, subresource) {
      const resource = find(id)
      return copy(
        resource,
        await operations.update(
          targetOf(resource, ref),
          (current) => applyMergePatch(current, patch),
          context(),
          subresource,
        ),
      )
    },
    async delete(id, ref, options = {}) {
      const { uid, gracePeriodSeconds, propagation } = options
      await operations.remove(
        targetOf(find(id), ref),
        { preconditions: { uid }, gracePeriodSeconds, propagationPolicy: propagation ?? 'Background' },
        context(),
      )
    },
    watch<T extends KubeObject>(
      id: ResourceId,
      options: Selection & { resourceVersion?: string },
      signal: AbortSignal,
    ) {
      return watchIterable<T>(store, find(id), options, signal)
    },
    requestToken: (account, request) => tokens.issue(account, request),
  }
  return client
}
