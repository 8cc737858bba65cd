/** A webhook that a write goes to, and the write as it sees it. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { apiVersionOf, type Resource } from '../../registry/resource.ts'
import type { JsonObject } from '../../schema/node.ts'
import type { AdmissionRequest } from '../plugin.ts'

/** One webhook of a configuration. */
export type Hook = { configuration: string; name: string; spec: JsonObject }
/** A hook and the version of the resource that it asked for. */
export type Invocation = { hook: Hook; resource: Resource }

/** An object as a hook sees it: in the version it asked for, or the Scale or Binding that is written. */
export function shownTo({ view }: AdmissionRequest, resource: Resource, object: KubeObject): KubeObject {
  if (view !== undefined) return view.view(object)
  return resource.custom === undefined ? object : { ...object, apiVersion: apiVersionOf(resource) }
}
