import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { SubresourceView } from '../admission/plugin.ts'

/** Who calls, as authentication (and impersonation) left it. */
export type UserInfo = {
  username: string
  uid?: string
  groups: readonly string[]
  extra?: Readonly<Record<string, readonly string[]>>
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

/** What every writing call carries besides the object. */
export type WriteContext = {
  user: UserInfo
  dryRun: boolean
  fieldManager: string
  fieldValidation: FieldValidation
  /** Filled while the call runs, sent as `Warning` headers. */
  warnings: string[]
  /** Fields that came twice in the body: told beside the unknown ones (Strict). */
  duplicates?: readonly string[]
  /** May set `spec.nodeName` of a pod that has none: the scheduler and the binding subresource. */
  mayBind?: boolean
  /** A patch that changes the uid is Invalid; an update with another uid is a Conflict. */
  isPatch?: boolean
  /** A step of a call that admission has been asked about: it is not asked again. */
  isAdmitted?: boolean
  /** Set when a subresource of another kind is written, for admission. */
  view?: SubresourceView
}

export type ListOptions = {
  namespace?: string | undefined
  labelSelector?: string | undefined
  fieldSelector?: string | undefined
  limit?: number | undefined
  continue?: string | undefined
  resourceVersion?: string | undefined
  resourceVersionMatch?: string | undefined
}

export type DeleteOptions = {
  gracePeriodSeconds?: number | undefined
  preconditions?: { uid?: string | undefined; resourceVersion?: string | undefined } | undefined
  propagationPolicy?: string | undefined
  orphanDependents?: boolean | undefined
}

export type MutableObject = KubeObject & { metadata: KubeObject['metadata'] }
