/** The filter that a list, a watch or a deletecollection asks for, compiled once. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type Resource, storageKey } from '../registry/resource.ts'
import { fieldsMatch, fieldsOf, parseFieldSelector } from '../selectors/fields.ts'
import { parseSelector, selectorMatches } from '../selectors/labels.ts'

export type Filter = { all: boolean; matches(object: KubeObject): boolean; name: string | undefined }

/** Throws BadRequest for selectors that do not parse or name a field that the kind does not offer. */
export function compileFilter(
  resource: Resource,
  selection: { namespace?: string | undefined; labelSelector?: string | undefined; fieldSelector?: string | undefined },
): Filter {
  const { namespace } = selection
  const labels = selection.labelSelector ? parseSelector(selection.labelSelector) : []
  const offered = fieldsOf(storageKey(resource), resource.custom?.selectableFields)
  const fields = selection.fieldSelector
    ? parseFieldSelector(selection.fieldSelector, offered, {
        key: storageKey(resource),
        kind: resource.kind,
        custom: (resource.custom?.selectableFields.length ?? 0) > 0,
      })
    : []
  const scoped = resource.namespaced && namespace !== undefined && namespace !== ''
  return {
    all: labels.length === 0 && fields.length === 0,
    name: fields.find((requirement) => requirement.field === 'metadata.name' && requirement.equal)?.value,
    matches: (object) =>
      (!scoped || object.metadata.namespace === namespace) &&
      (labels.length === 0 || selectorMatches(labels, object.metadata.labels)) &&
      (fields.length === 0 || fieldsMatch(fields, object)),
  }
}
