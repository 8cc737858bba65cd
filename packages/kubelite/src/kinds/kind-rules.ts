import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { FieldError } from '../status-error.ts'

/** What a built-in kind has beyond its schema. Functions that return nothing change their argument. */
export type KindRules = {
  /** Defaults that the published schema does not carry; on create and on update. */
  defaults?(object: KubeObject): void
  /** What the server itself sets on a new object (`PrepareForCreate`). */
  prepare?(object: KubeObject, now: string): void
  /** What the server itself keeps or sets when the object changes (`PrepareForUpdate`). */
  prepareUpdate?(object: KubeObject, old: KubeObject): void
  validate?(object: KubeObject): FieldError[]
  validateUpdate?(object: KubeObject, old: KubeObject): FieldError[]
}
