/** From a request's body to an object of its kind: decode, prune, default. */
import type { KubeObject, ObjectMeta } from '@keelson/contracts/kubernetes'
import { applyBuiltinDefaults } from '../kinds/defaults.ts'
import { builtinResources } from '../registry/builtin-kinds.ts'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import { builtinNode, objectMetaName } from '../schema/builtin.ts'
import { decodeBuiltin } from '../schema/decode.ts'
import { applyDefaults } from '../schema/defaults.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { sortKeys } from '../schema/sort-keys.ts'
import { pruneUnknown } from '../schema/unknown-fields.ts'
import { badRequest, invalidPatch, StatusError } from '../status-error.ts'
import type { WriteContext } from './types.ts'

/** How much of the body must be known, and where it is told that something is not. */
type Decoding = Pick<WriteContext, 'fieldValidation' | 'warnings' | 'duplicates' | 'isPatch'>

const metaNode = builtinNode(objectMetaName)

/** Throws BadRequest when the body is of another kind, has a value of the wrong type, or (Strict) unknown fields. */
export function decodeObject(resource: Resource, body: unknown, context: Decoding): KubeObject {
  try {
    return decode(resource, body, context)
  } catch (error) {
    // A patch whose outcome is no object of the kind is Invalid, with the outcome as the value.
    if (context.isPatch !== true || !(error instanceof StatusError) || error.code !== 400) throw error
    const why = error.message.replace(/^.*? cannot be handled as a \w+: /, '')
    throw invalidPatch(JSON.stringify(sortKeys(body)), why)
  }
}

function decode(resource: Resource, body: unknown, context: Decoding): KubeObject {
  if (!isObject(body))
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(body) ? 'array' : typeof body} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    )
  const apiVersion = body.apiVersion || apiVersionOf(resource)
  const kind = body.kind || resource.kind
  if (kind !== resource.kind || apiVersion !== apiVersionOf(resource)) {
    if (resource.custom === undefined) throw otherKind(resource, String(apiVersion), String(kind))
    throw badRequest(
      kind === resource.kind
        ? `the API version in the data (${String(apiVersion)}) does not match the expected API version (${apiVersionOf(resource)})`
        : `the object provided is unrecognized (must be of type ${resource.kind}): ${apiVersion === apiVersionOf(resource) ? '' : `${String(apiVersion)} `}kind ${String(kind)}`,
    )
  }
  const unknown: string[] = []
  const meta = pruneUnknown(isObject(body.metadata) ? body.metadata : {}, metaNode, unknown, 'metadata')
  const rest = pruneRest(resource, body, unknown)
  const decodedMeta = decodeBuiltin(
    meta,
    metaNode,
    { kind: resource.kind, version: resource.version },
    'metadata',
  ) as ObjectMeta
  const typed =
    resource.custom === undefined
      ? (decodeBuiltin(rest, resource.schema, { kind: resource.kind, version: resource.version }) as JsonObject)
      : rest
  // Told only of a body that decodes.
  reportUnknown(resource, unknown, context)
  const { apiVersion: _a, kind: _k, metadata: _m, ...content } = typed
  return { apiVersion: String(apiVersion), kind: String(kind), metadata: decodedMeta, ...structuredClone(content) }
}

const ofEveryVersion = new Set([
  ...['CreateOptions', 'DeleteOptions', 'GetOptions', 'ListOptions', 'PatchOptions', 'UpdateOptions'],
  ...['Status', 'WatchEvent', 'APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions'],
])

/** Go's scheme knows the kind and cannot convert it, or does not know it. */
function otherKind(resource: Resource, apiVersion: string, kind: string) {
  const known =
    ofEveryVersion.has(kind) ||
    builtinResources.some((other) => other.kind === kind && apiVersionOf(other) === apiVersion)
  const version = apiVersion.split('/').at(-1)
  const why = known
    ? `converting (v1.${kind}) to (${resource.group.split('.')[0] || 'core'}.${resource.kind}): unknown conversion`
    : `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${resource.kind}: ${why}`)
}

function pruneRest(resource: Resource, body: JsonObject, unknown: string[]): JsonObject {
  const { metadata: _, apiVersion: _a, kind: _k, ...rest } = body
  return pruneUnknown(rest, resource.schema, unknown) as JsonObject
}

function reportUnknown(resource: Resource, unknown: readonly string[], context: Decoding): void {
  if (context.fieldValidation === 'Ignore') return
  const texts = [...(context.duplicates ?? []), ...unknown.map((path) => `unknown field "${path}"`)]
  if (texts.length === 0) return
  if (context.fieldValidation === 'Warn') context.warnings.push(...texts)
  else
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: strict decoding error: ${texts.join(', ')}`,
    )
}

/** Fills the kind's defaults in place and returns the object. */
export function defaultObject(resource: Resource, object: KubeObject): KubeObject {
  if (resource.custom !== undefined) {
    const { metadata, ...rest } = object
    return { ...(applyDefaults(rest, resource.schema) as KubeObject), metadata }
  }
  if (resource.view === undefined) {
    applyBuiltinDefaults(object)
    return object
  }
  // Defaults are those of the kept form.
  const kept = resource.view.keep(object)
  applyBuiltinDefaults(kept)
  return resource.view.show(kept)
}

/** Keys in the order in which servers print them. */
export function orderKeys(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object
  return { apiVersion, kind, metadata, ...rest }
}
