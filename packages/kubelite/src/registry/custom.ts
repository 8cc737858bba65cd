/** Makes resources of CustomResourceDefinitions as they come, change and go. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject, type OpenApiSchema, schemaNode } from '../schema/node.ts'
import type { Registry } from './registry.ts'
import type { PrinterColumn, Resource, ScalePaths, Subresource, Verb } from './resource.ts'
import { compareVersions } from './versions.ts'

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

/** In the order in which discovery prints them for custom resources. */
const customVerbs: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

/** One resource per served version. */
export function resourcesOf(crd: KubeObject): Resource[] {
  const spec = isObject(crd.spec) ? crd.spec : {}
  const versions = Array.isArray(spec.versions) ? spec.versions.filter(isObject) : []
  const storage = versions.find((version) => version.storage === true)
  return versions
    .filter((version) => version.served === true)
    .map((version) => toResource(crd, spec, version, String(storage?.name ?? '')))
}

function toResource(crd: KubeObject, spec: JsonObject, version: JsonObject, storageVersion: string): Resource {
  const names = isObject(spec.names) ? spec.names : {}
  const kind = String(names.kind)
  const subresources = isObject(version.subresources) ? version.subresources : {}
  const schema = (isObject(version.schema) ? version.schema.openAPIV3Schema : {}) as OpenApiSchema
  const sub: Subresource[] = [
    ...(subresources.status === undefined ? [] : (['status'] as const)),
    ...(subresources.scale === undefined ? [] : (['scale'] as const)),
  ]
  const group = String(spec.group)
  return {
    group,
    version: String(version.name),
    plural: String(names.plural),
    singular: String(names.singular ?? kind.toLowerCase()),
    kind,
    listKind: String(names.listKind ?? `${kind}List`),
    namespaced: spec.scope === 'Namespaced',
    shortNames: strings(names.shortNames),
    categories: strings(names.categories),
    verbs: customVerbs,
    subresources: sub,
    virtual: false,
    generation: true,
    statusSubresource: subresources.status !== undefined,
    schema: schemaNode(withTypeMeta(schema)),
    definition: `${group.split('.').reverse().join('.')}.${String(version.name)}.${kind}`,
    custom: {
      crd: crd.metadata.name ?? '',
      columns: (Array.isArray(version.additionalPrinterColumns)
        ? version.additionalPrinterColumns
        : [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }]) as PrinterColumn[],
      ...(isObject(subresources.scale) ? { scale: subresources.scale as ScalePaths } : {}),
      selectableFields: (Array.isArray(version.selectableFields) ? version.selectableFields : []).flatMap((field) =>
        isObject(field) && typeof field.jsonPath === 'string' ? [field.jsonPath.replace(/^\./, '')] : [],
      ),
      storageVersion,
      preserveUnknown: spec.preserveUnknownFields === true,
      ...deprecationOf(version, spec, versionsOf(spec)),
    },
  }
}

const versionsOf = (spec: JsonObject): JsonObject[] =>
  Array.isArray(spec.versions) ? spec.versions.filter(isObject) : []

/** What each answer in a deprecated version warns of: the CRD's own words, or the best version to go to. */
function deprecationOf(
  version: JsonObject,
  spec: JsonObject,
  versions: readonly JsonObject[],
): { deprecation?: string } {
  if (version.deprecated !== true) return {}
  if (typeof version.deprecationWarning === 'string') return { deprecation: version.deprecationWarning }
  const kind = isObject(spec.names) ? String(spec.names.kind) : ''
  const text = (name: unknown) => `${String(spec.group)}/${String(name)} ${kind}`
  const [best] = versions
    .filter((other) => other.served === true && other.deprecated !== true)
    .map((other) => String(other.name))
    .sort(compareVersions)
  const to = best !== undefined && compareVersions(best, String(version.name)) < 0 ? `; use ${text(best)}` : ''
  return { deprecation: `${text(version.name)} is deprecated${to}` }
}

/** apiVersion and kind are never pruned; metadata is handled apart. */
function withTypeMeta(schema: OpenApiSchema): OpenApiSchema {
  const { metadata: _, ...properties } = schema.properties ?? {}
  return {
    ...schema,
    type: 'object',
    properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, ...properties },
  }
}

/** Serves a CRD, unless another one has its names: then it waits. */
export function registerCrd(registry: Registry, crd: KubeObject, others: Iterable<KubeObject>): void {
  const name = crd.metadata.name ?? ''
  if (isEstablished(crd) || namingOf(crd, others).conflict === undefined) registry.setCustom(name, resourcesOf(crd))
  else registry.removeCustom(name)
}

/** Holds a CRD that is being deleted until its objects are gone. */
export const crdFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

type Names = { plural: string; singular: string; kind: string; listKind: string; shortNames: string[] }
const namesOf = (names: unknown): Names => {
  const from = isObject(names) ? names : {}
  const text = (key: string) => (typeof from[key] === 'string' ? from[key] : '')
  return {
    plural: text('plural'),
    singular: text('singular'),
    kind: text('kind'),
    listKind: text('listKind'),
    shortNames: strings(from.shortNames),
  }
}

export type NameConflict = { reason: string; message: string }
type Naming = { accepted: JsonObject; conflict: NameConflict | undefined }

/**
 * The names that a CRD may have: those that no other CRD of its group was given before, else what it had. The last conflict
 * is the one that is told (`naming_controller.go`).
 */
export function namingOf(crd: KubeObject, others: Iterable<KubeObject>): Naming {
  const taken = takenNames(crd, others)
  const wanted = namesOf(isObject(crd.spec) ? crd.spec.names : undefined)
  const before = isObject(crd.status) && isObject(crd.status.acceptedNames) ? crd.status.acceptedNames : {}
  const spec = isObject(crd.spec) && isObject(crd.spec.names) ? crd.spec.names : {}
  const accepted: JsonObject = { plural: '', kind: '', ...spec }
  let conflict: NameConflict | undefined
  const check = (key: string, names: ReadonlySet<string>, list: readonly string[], reason: string) => {
    const clash = list.filter((name) => names.has(name)).map((name) => `${JSON.stringify(name)} is already in use`)
    if (clash.length === 0) return
    conflict = { reason, message: clash.length === 1 ? String(clash[0]) : `[${clash.join(', ')}]` }
    if (before[key] === undefined) delete accepted[key]
    else accepted[key] = before[key]
  }
  check('plural', taken.resources, [wanted.plural], 'PluralConflict')
  check('singular', taken.resources, [wanted.singular], 'SingularConflict')
  check('shortNames', taken.resources, wanted.shortNames, 'ShortNamesConflict')
  check('kind', taken.kinds, [wanted.kind], 'KindConflict')
  check('listKind', taken.kinds, [wanted.listKind], 'ListKindConflict')
  return { accepted: { ...accepted, plural: accepted.plural ?? '', kind: accepted.kind ?? '' }, conflict }
}

function takenNames(crd: KubeObject, others: Iterable<KubeObject>): { resources: Set<string>; kinds: Set<string> } {
  const group = isObject(crd.spec) ? crd.spec.group : undefined
  const [resources, kinds] = [new Set<string>(), new Set<string>()]
  for (const other of others) {
    if (other.metadata.name === crd.metadata.name || !isObject(other.spec) || other.spec.group !== group) continue
    const taken = namesOf(isObject(other.status) ? other.status.acceptedNames : undefined)
    for (const name of [taken.plural, taken.singular, ...taken.shortNames]) if (name) resources.add(name)
    for (const name of [taken.kind, taken.listKind]) if (name) kinds.add(name)
  }
  return { resources, kinds }
}

export const isEstablished = (crd: KubeObject): boolean =>
  isObject(crd.status) &&
  Array.isArray(crd.status.conditions) &&
  crd.status.conditions.some((item) => isObject(item) && item.type === 'Established' && item.status === 'True')

/** The status that the CRD controllers of a real server write: names accepted, established. Once established, always. */
export function establishedStatus(crd: KubeObject, naming: Naming, time: string): JsonObject {
  const { conflict, accepted } = naming
  const status = isObject(crd.status) ? crd.status : {}
  const before = Array.isArray(status.conditions) ? status.conditions.filter(isObject) : []
  const condition = (type: string, holds: boolean, reason: string, message: string) => {
    const old = before.find((item) => item.type === type)
    const next = { type, status: holds ? 'True' : 'False', reason, message }
    const since = old?.status === next.status ? old.lastTransitionTime : time
    return { type, status: next.status, lastTransitionTime: since, reason, message }
  }
  const established = conflict === undefined || isEstablished(crd)
  return {
    ...status,
    conditions: [
      conflict === undefined
        ? condition('NamesAccepted', true, 'NoConflicts', 'no conflicts found')
        : condition('NamesAccepted', false, conflict.reason, conflict.message),
      established
        ? condition('Established', true, 'InitialNamesAccepted', 'the initial names have been accepted')
        : condition('Established', false, 'NotAccepted', 'not all names are accepted'),
    ],
    acceptedNames: accepted,
  }
}
