/**
 * Server-side apply: the applied fields win, fields that the manager applied before and no longer names go, and fields that
 * another manager set to something else are a Conflict unless forced (structured-merge-diff's semantics).
 */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import { builtinNode, objectMetaName } from '../schema/builtin.ts'
import { isObject, type JsonObject, type SchemaNode } from '../schema/node.ts'
import { badRequest, StatusError } from '../status-error.ts'
import {
  appliedFields,
  emptyTree,
  type FieldTree,
  intersect,
  isAtomic,
  isEmptyTree,
  itemSegment,
  parseTree,
  segmentText,
  subtract,
  union,
} from './field-tree.ts'
import { sameJson } from './json-patch.ts'
import { lastAppliedFields, lastAppliedManager, withLastApplied } from './last-applied.ts'
import { type ManagedFieldsEntry, managersOf, sortEntries } from './managed-fields.ts'
import { typedFaults } from './typed-check.ts'

export type ApplyRequest = {
  live: KubeObject | undefined
  applied: JsonObject
  resource: Resource
  manager: string
  force: boolean
  now: Date
  name: string
  subresource?: string
}

const metaNode = builtinNode(objectMetaName)
const child = (node: SchemaNode | undefined, name: string, root: boolean): SchemaNode | undefined =>
  root && name === 'metadata' ? metaNode : node?.property(name)

/** The whole wanted object, with its managedFields. Throws Conflict with one cause per field and manager. */
export function applyConfiguration(request: ApplyRequest): KubeObject {
  const { live, resource, manager, subresource } = request
  const applied = checked(request)
  const wanted = appliedFields(applied, resource.schema)
  const entries = managersOf(live)
  const isOwn = (entry: ManagedFieldsEntry) =>
    entry.manager === manager && entry.operation === 'Apply' && entry.subresource === subresource
  const own = entries.find(isOwn)
  const others = entries.filter((entry) => !isOwn(entry))
  const differing = live === undefined ? emptyTree() : differences(wanted, applied, live, resource.schema)
  const conflicts = others.flatMap((entry) => conflictOf(entry, intersect(differing, parseTree(entry.fieldsV1))))
  if (!request.force) refuseConflicts(request, conflicts)
  const kept = others
    .map((entry) => ({
      ...entry,
      fieldsV1: subtract(
        parseTree(entry.fieldsV1),
        conflicts.find((conflict) => conflict.entry === entry)?.fields ?? {},
      ),
    }))
    .filter((entry) => !isEmptyTree(entry.fieldsV1))
  const dropped =
    others.length === 0 && own === undefined
      ? emptyTree()
      : subtract(
          subtract(parseTree(own?.fieldsV1), wanted),
          kept.reduce((all, entry) => union(all, parseTree(entry.fieldsV1)), emptyTree()),
        )
  const base = live === undefined ? {} : (removeFields(live, dropped, resource.schema, true) as JsonObject)
  const merged = merge(base, applied, resource.schema, true) as KubeObject
  const unchanged = own !== undefined && sameJson(parseTree(own.fieldsV1), wanted) && isEmptyTree(differing)
  const entry: ManagedFieldsEntry = {
    manager,
    operation: 'Apply',
    apiVersion: apiVersionOf(resource),
    time: unchanged && own?.time ? own.time : `${request.now.toISOString().slice(0, 19)}Z`,
    fieldsType: 'FieldsV1',
    fieldsV1: wanted,
    ...(subresource === undefined ? {} : { subresource }),
  }
  const stated = manager === lastAppliedManager ? withLastApplied(merged, applied) : merged
  return {
    ...stated,
    metadata: {
      ...stated.metadata,
      name: request.name,
      managedFields: sortEntries([...kept, ...(isEmptyTree(wanted) ? [] : [entry])]),
    },
  }
}

type Conflict = { entry: ManagedFieldsEntry; fields: FieldTree }

const conflictOf = (entry: ManagedFieldsEntry, fields: FieldTree): Conflict[] =>
  isEmptyTree(fields) ? [] : [{ entry, fields }]

/** Throws the conflicts; for kubectl, without those that its own client-side apply explains. */
function refuseConflicts({ live, resource, manager }: ApplyRequest, conflicts: readonly Conflict[]): void {
  if (conflicts.length === 0) return
  const same = (configuration: JsonObject): FieldTree => {
    const fields = appliedFields(configuration, resource.schema)
    return live === undefined
      ? emptyTree()
      : subtract(fields, differences(fields, configuration, live, resource.schema))
  }
  const allowed = manager === lastAppliedManager ? lastAppliedFields(live, resource, same) : emptyTree()
  const left = conflicts.flatMap(({ entry, fields }) => conflictOf(entry, subtract(fields, allowed)))
  if (left.length > 0) throw conflictError(left)
}

function checked({ applied, resource, name, subresource }: ApplyRequest): JsonObject {
  if (applied.apiVersion !== apiVersionOf(resource) || applied.kind !== resource.kind) {
    throw badRequest(`invalid object type: ${gvkText(applied)}`)
  }
  const metadata = isObject(applied.metadata) ? applied.metadata : {}
  const faults = typedFaults(applied, resource.schema)
  if (faults.length > 0) throw typedError(applied, metadata, faults)
  if (
    metadata.managedFields !== undefined &&
    !(Array.isArray(metadata.managedFields) && metadata.managedFields.length === 0)
  )
    throw badRequest('metadata.managedFields must be nil')
  if (metadata.name !== undefined && metadata.name !== name)
    throw badRequest(`the name of the object (${String(metadata.name)}) does not match the name on the URL (${name})`)
  const { status, ...rest } = applied
  // The status is another's to write, and to own.
  const kept = resource.statusSubresource && subresource === undefined ? rest : applied
  return { ...kept, metadata: { ...metadata, name } }
}

/** `/v1, Kind=ConfigMap` */
function gvkText({ apiVersion, kind }: JsonObject): string {
  const version = typeof apiVersion === 'string' ? apiVersion : ''
  return `${version.includes('/') ? version : `/${version}`}, Kind=${typeof kind === 'string' ? kind : ''}`
}

/** The real server answers this with a 500 that has no reason. */
function typedError(applied: JsonObject, metadata: JsonObject, faults: readonly string[]): StatusError {
  const name = `${String(metadata.namespace ?? '')}/${String(metadata.name ?? '')}`
  const text = faults.length === 1 ? faults[0] : `errors:\n${faults.map((fault) => `  ${fault}`).join('\n')}`
  return new StatusError(500, '', `failed to create typed patch object (${name}; ${gvkText(applied)}): ${text}`)
}

/** The part of `tree` whose values in `applied` and `live` are not the same. */
function differences(
  tree: FieldTree,
  applied: unknown,
  live: unknown,
  node: SchemaNode | undefined,
  root = true,
): FieldTree {
  const out: FieldTree = {}
  for (const [segment, inner] of Object.entries(tree)) {
    if (segment === '.') continue
    const key = segment.startsWith('f:') ? segment.slice(2) : segment
    const nextNode = segment.startsWith('f:') ? child(node, key, root) : node?.items
    const [now, before] = [valueAt(applied, segment, node), valueAt(live, segment, node)]
    if (before === undefined) out[segment] = inner
    else if (
      isEmptyTree(inner) &&
      isEmptyContainer(now) &&
      !isAtomic(now, nextNode) &&
      Array.isArray(now) === Array.isArray(before)
    )
      continue
    else if (isEmptyTree(inner) || isAtomic(now, nextNode)) {
      if (!sameJson(now, before)) out[segment] = {}
    } else {
      const deeper = differences(inner, now, before, nextNode, false)
      if (!isEmptyTree(deeper)) out[segment] = deeper
    }
  }
  return out
}

/** An applied `{}` or `[]` that merges asks for nothing but its own being there. */
const isEmptyContainer = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0

function valueAt(value: unknown, segment: string, node: SchemaNode | undefined): unknown {
  if (segment.startsWith('f:')) return isObject(value) ? value[segment.slice(2)] : undefined
  return Array.isArray(value) && node !== undefined
    ? value.find((item) => itemSegment(item, node) === segment)
    : undefined
}

function removeFields(value: unknown, tree: FieldTree, node: SchemaNode | undefined, root: boolean): unknown {
  if (isEmptyTree(tree)) return value
  if (Array.isArray(value) && node !== undefined) {
    return value.flatMap((item) => {
      const inner = tree[itemSegment(item, node)]
      if (inner === undefined) return [item]
      if (isEmptyTree(inner) || inner['.'] !== undefined) return []
      return [removeFields(item, inner, node.items, false)]
    })
  }
  if (!isObject(value)) return value
  const out: JsonObject = { ...value }
  for (const [segment, inner] of Object.entries(tree)) {
    const key = segment.slice(2)
    if (!segment.startsWith('f:') || out[key] === undefined) continue
    if (isEmptyTree(inner)) delete out[key]
    else {
      const left = removeFields(out[key], inner, child(node, key, root), false)
      const empty = Array.isArray(left) ? left.length === 0 : isObject(left) && Object.keys(left).length === 0
      if (empty && !(root && key === 'metadata')) delete out[key]
      else out[key] = left
    }
  }
  return out
}

function merge(live: unknown, applied: unknown, node: SchemaNode | undefined, root = false): unknown {
  if (applied === undefined) return live
  if (isAtomic(applied, node)) return applied
  if (Array.isArray(applied))
    return Array.isArray(live) && node !== undefined ? mergeLists(live, applied, node) : applied
  if (!isObject(applied)) return applied
  const out: JsonObject = isObject(live) ? { ...live } : {}
  for (const [key, value] of Object.entries(applied)) out[key] = merge(out[key], value, child(node, key, root))
  return out
}

/** Items keep the live order; new ones come where the applied list has them, after their predecessor. */
function mergeLists(live: unknown[], applied: unknown[], node: SchemaNode): unknown[] {
  const bySegment = new Map(applied.map((item) => [itemSegment(item, node), item]))
  const liveSegments = new Set(live.map((item) => itemSegment(item, node)))
  const ordered = applied.map((item) => itemSegment(item, node))
  const merged = new Map(
    live.map((item) => {
      const segment = itemSegment(item, node)
      return [segment, bySegment.has(segment) ? merge(item, bySegment.get(segment), node.items) : item] as const
    }),
  )
  const out: unknown[] = []
  const placed = new Set<string>()
  const rest = [...live.map((item) => itemSegment(item, node))]
  for (const segment of ordered) {
    if (!liveSegments.has(segment)) {
      out.push(bySegment.get(segment))
      continue
    }
    // What stood before this item in the live list and is not applied stays before it.
    while (rest.length > 0 && rest[0] !== segment && !bySegment.has(rest[0] ?? '')) {
      const other = rest.shift() ?? ''
      placed.add(other)
      out.push(merged.get(other))
    }
    const index = rest.indexOf(segment)
    if (index >= 0) rest.splice(index, 1)
    placed.add(segment)
    out.push(merged.get(segment))
  }
  for (const segment of rest) if (!placed.has(segment)) out.push(merged.get(segment))
  return out
}

function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.flatMap(({ entry, fields }) =>
    pathsOf(fields).map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${describe(entry)}`,
      field,
    })),
  )
  const grouped = new Map<string, string[]>()
  for (const cause of causes) grouped.set(cause.message, [...(grouped.get(cause.message) ?? []), cause.field])
  const [only] = causes
  const text =
    causes.length === 1 && only !== undefined
      ? `${only.message}: ${only.field}`
      : [...grouped]
          .map(
            ([message, fields]) =>
              `${message.replace('conflict', 'conflicts')}:\n${fields.map((field) => `- ${field}`).join('\n')}`,
          )
          .join('\n')
  const plural = causes.length === 1 ? 'conflict' : 'conflicts'
  return new StatusError(409, 'Conflict', `Apply failed with ${causes.length} ${plural}: ${text}`, { causes })
}

function describe(entry: ManagedFieldsEntry): string {
  const via = entry.subresource === undefined ? '' : ` with subresource ${JSON.stringify(entry.subresource)}`
  return `${JSON.stringify(entry.manager)}${via}${entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''}`
}

/** `.spec.template.spec.containers[name="x"].image`: of every level the fields without inner ones first, each in order. */
function pathsOf(tree: FieldTree, prefix = ''): string[] {
  const segments = Object.keys(tree)
    .filter((segment) => segment !== '.')
    .sort()
  const isLeaf = (segment: string) => Object.keys(tree[segment] ?? {}).every((key) => key === '.')
  const at = (segment: string) => `${prefix}${segmentText(segment)}`
  return [
    ...segments.filter(isLeaf).map(at),
    ...segments.filter((segment) => !isLeaf(segment)).flatMap((segment) => pathsOf(tree[segment] ?? {}, at(segment))),
  ]
}
