/** What kubelite knows of a resource: a row of data, the same for built-in kinds and custom resources. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { SchemaNode } from '../schema/node.ts'

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'
export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
]

export type Subresource =
  | 'status'
  | 'scale'
  | 'log'
  | 'binding'
  | 'token'
  | 'finalize'
  | 'eviction'
  | 'exec'
  | 'attach'
  | 'portforward'

export type PrinterColumn = {
  name: string
  type: string
  format?: string
  description?: string
  priority?: number
  jsonPath: string
}

export type ScalePaths = { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string }

/** Another form of what a second resource keeps: `events.k8s.io/v1` of core Events, `autoscaling/v1` of `v2`. */
export type View = {
  /** The storage key of the resource that keeps the objects. */
  of: string
  /** From the kept object to this resource's form. */
  show(object: KubeObject): KubeObject
  /** From this resource's form to what is kept. */
  keep(object: KubeObject): KubeObject
}

export type Resource = {
  group: string
  version: string
  plural: string
  singular: string
  kind: string
  listKind: string
  namespaced: boolean
  shortNames: readonly string[]
  categories: readonly string[]
  verbs: readonly Verb[]
  subresources: readonly Subresource[]
  /** The kind of objects that are never kept (reviews): only `create`. */
  virtual: boolean
  /** `metadata.generation` counts changes of what is neither metadata nor status. */
  generation: boolean
  /** `status` is written through the subresource only. */
  statusSubresource: boolean
  schema: SchemaNode
  /** The definition's name in OpenAPI. */
  definition: string
  view?: View
  custom?: {
    crd: string
    columns: readonly PrinterColumn[]
    scale?: ScalePaths
    selectableFields: readonly string[]
    storageVersion: string
    preserveUnknown: boolean
    /** The text of the `Warning` header, when the version is deprecated. */
    deprecation?: string
  }
}

/** The key under which all versions of a resource share their objects: `batch/jobs`, `/pods`. */
export const storageKey = (resource: { group: string; plural: string; view?: View }): string =>
  resource.view?.of ?? `${resource.group}/${resource.plural}`
export const apiVersionOf = (resource: { group: string; version: string }): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
