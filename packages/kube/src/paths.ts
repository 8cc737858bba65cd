import { AppError } from '@keelson/process/app-error'
import type { ListOptions, ObjectRef, Resource } from './api.ts'

export type Query = Record<string, string | number | boolean | undefined>

/** The URL path of a resource (all namespaces when none is given), of one object, or of its subresource. */
export function pathOf(
  resource: Resource,
  ref: { namespace?: string | undefined; name?: string | undefined },
  subresource?: string,
): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
  const parts = [root]
  if (resource.namespaced && ref.namespace !== undefined) parts.push('namespaces', segment(ref.namespace))
  parts.push(resource.plural)
  if (ref.name !== undefined) parts.push(segment(ref.name))
  if (subresource !== undefined) parts.push(subresource)
  return parts.join('/')
}

/** The path of one object; a namespaced one without a namespace is a mistake that must not become a list of all. */
export function objectPath(resource: Resource, ref: ObjectRef, subresource?: string): string {
  if (resource.namespaced && !ref.namespace) {
    throw new AppError('invalid', `A ${resource.kind} has a namespace: say which.`, {
      faults: [{ field: 'metadata.namespace', message: 'Required' }],
    })
  }
  return pathOf(resource, ref, subresource)
}

/** The path of a collection that an object is created in. */
export function collectionPath(resource: Resource, namespace: string | undefined): string {
  return objectPath(resource, { namespace, name: 'x' }).slice(0, -2)
}

export function listQuery(options: ListOptions): Query {
  return {
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    limit: options.limit,
    continue: options.continue,
  }
}

/** `?a=1&b=2`, without what is undefined; empty when nothing is left. */
export function queryString(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(key, String(value))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** A name as one path segment. `..`, slashes and the empty name would address something else: refused, as the server does. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/%]/.test(name)) {
    throw new AppError('invalid', `"${name.slice(0, 80)}" cannot be the name of a Kubernetes object.`, {
      faults: [{ field: 'metadata.name', message: 'Must be a path segment' }],
    })
  }
  return encodeURIComponent(name)
}
