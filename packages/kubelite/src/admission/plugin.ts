/** What an admission plugin is asked, and its one signature. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { UserInfo } from '../api/types.ts'
import type { Registry } from '../registry/registry.ts'
import type { Resource } from '../registry/resource.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { forbidden, type StatusError } from '../status-error.ts'
import type { Store } from '../store/store.ts'
import type { Steps } from './steps.ts'

/** A subresource whose object is of another kind (`Scale`, `Binding`): how it is seen, and how a change of it is taken over. */
export type SubresourceView = {
  readonly name: string
  readonly operation: 'CREATE' | 'UPDATE'
  readonly kind: { group: string; version: string; kind: string }
  view(object: KubeObject): KubeObject
  merge(object: KubeObject, changed: unknown): KubeObject
}

export type AdmissionRequest = {
  readonly store: Store
  readonly registry: Registry
  readonly resource: Resource
  readonly subresource: string
  readonly view: SubresourceView | undefined
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  /** Of a Namespace, its own name. */
  readonly namespace: string
  /** Empty when it is still to be generated. */
  readonly name: string
  /** The wanted object, which plugins change while they mutate; none for a deletion. */
  object: KubeObject | undefined
  readonly old: KubeObject | undefined
  readonly user: UserInfo
  readonly dryRun: boolean
  /** Sent as `Warning` headers. */
  readonly warnings: string[]
  readonly now: Date
  /** `CreateOptions`, `UpdateOptions` (of patches too) or `DeleteOptions`, as webhooks see them. */
  readonly options: JsonObject
}

/**
 * One rule or default of the API server. Each part throws a `StatusError` to refuse, and returns steps only when it has to wait.
 * `mutate` runs before the object is validated, `validate` after, `charge` in the very turn in which the write is made.
 */
export type AdmissionPlugin = {
  readonly name: string
  readonly mutate?: (request: AdmissionRequest) => Steps<void> | void
  readonly validate?: (request: AdmissionRequest) => Steps<void> | void
  readonly charge?: (request: AdmissionRequest) => void
}

/** `admission.NewForbidden`: an object whose name is still to be generated goes by its prefix. */
export function refuse(request: AdmissionRequest, why: string): StatusError {
  const metadata = (request.object ?? request.old)?.metadata
  return forbidden(request.resource, metadata?.name || metadata?.generateName || request.name || 'Unknown', why)
}

/** A write of a pod itself, not of a subresource or another kind. */
export const isPodWrite = (request: AdmissionRequest): boolean =>
  request.resource.custom === undefined && request.resource.kind === 'Pod' && request.subresource === ''

/** The spec itself, so that a plugin can change it. */
export const specOf = (object: KubeObject | undefined): JsonObject =>
  object !== undefined && isObject(object.spec) ? object.spec : {}
export const objectsIn = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
