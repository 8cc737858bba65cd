/**
 * What `kubectl apply` (client side) left on an object counts for `kubectl apply --server-side`: fields of its annotation are no
 * conflict, and the annotation follows what is applied (lastAppliedManager and lastAppliedUpdater of apimachinery's managedfields).
 */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { sortKeys } from '../schema/sort-keys.ts'
import { emptyTree, type FieldTree } from './field-tree.ts'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
/** The only manager that this holds for; others opt out by another name. */
export const lastAppliedManager = 'kubectl'

/**
 * The fields that client-side apply set and that are still as it set them. `fieldsOf` gives the fields of a configuration that
 * are the same in the live object.
 */
export function lastAppliedFields(
  live: KubeObject | undefined,
  resource: Resource,
  fieldsOf: (configuration: JsonObject) => FieldTree,
): FieldTree {
  const text = live?.metadata.annotations?.[annotation]
  if (!text) return emptyTree()
  try {
    const last: unknown = JSON.parse(text)
    return isObject(last) && last.apiVersion === apiVersionOf(resource) ? fieldsOf(last) : emptyTree()
  } catch {
    // An annotation that is no JSON allows nothing.
    return emptyTree()
  }
}

/** `merged` with the annotation, where it has one, saying what was applied now. */
export function withLastApplied(merged: KubeObject, applied: JsonObject): KubeObject {
  const { annotations } = merged.metadata
  if (!annotations?.[annotation]) return merged
  const metadata = isObject(applied.metadata) ? applied.metadata : {}
  const { [annotation]: _, ...others } = isObject(metadata.annotations) ? metadata.annotations : {}
  const { annotations: _a, ...rest } = metadata
  const said = { ...applied, metadata: Object.keys(others).length === 0 ? rest : { ...rest, annotations: others } }
  return {
    ...merged,
    metadata: { ...merged.metadata, annotations: { ...annotations, [annotation]: `${goJson(said)}\n` } },
  }
}

/** Keys in order and `<`, `>`, `&` escaped, as Go's encoder writes maps. */
function goJson(value: unknown): string {
  return JSON.stringify(sortKeys(value)).replaceAll(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  )
}
