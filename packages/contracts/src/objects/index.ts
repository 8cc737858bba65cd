/** Any Kubernetes object, whatever its kind: lists, YAML, changes. */
import { z } from 'zod'
import { Cursor, Instant, WorkspaceName } from '../ids/index.ts'

/** Names as they stand in the API's paths; nothing that could address something else. */
const Segment = z.string().max(253)
export const ApiGroup = Segment.regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/, 'is not the name of an API group')
export const ApiVersion = Segment.min(1).regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'is not a version')
export const Plural = Segment.min(1).regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'is not the plural of a kind')
/** Roles may be called `system:node`: what must not be in a name is what a path segment cannot hold (ValidatePathSegmentName). */
export const ObjectName = Segment.min(1).regex(/^(?!\.{1,2}$)[^/%]+$/, 'cannot be the name of an object')

/** Where objects are: a workspace, or with null the whole cluster. */
const Place = z.object({ workspace: WorkspaceName.nullable() })
const Kind = z.object({ group: ApiGroup, version: ApiVersion, plural: Plural })

/** The server's decision on what a screen offers. */
const Decision = z.object({ allowed: z.boolean(), reason: z.string() })

export const ObjectKind = Kind.extend({
  kind: z.string(),
  namespaced: z.boolean(),
  shortNames: z.array(z.string()),
  categories: z.array(z.string()),
})
export type ObjectKind = z.infer<typeof ObjectKind>

export const ListKinds = Place
export type ListKinds = z.infer<typeof ListKinds>
export const ListedKind = ObjectKind.extend({ list: Decision, create: Decision })
export type ListedKind = z.infer<typeof ListedKind>

export const ListObjects = Place.extend({
  ...Kind.shape,
  labelSelector: z.string().max(2_000).optional(),
  cursor: Cursor,
  limit: z.number().int().min(1).max(500).default(100),
})
export type ListObjects = z.infer<typeof ListObjects>

export const ObjectCell = z.union([z.string(), z.number(), z.boolean(), z.null()])
export const ObjectPage = z.object({
  kind: ObjectKind,
  columns: z.array(z.object({ name: z.string(), type: z.string(), description: z.string(), wide: z.boolean() })),
  items: z.array(
    z.object({
      name: z.string(),
      namespace: z.string().nullable(),
      uid: z.string(),
      createdAt: Instant.nullable(),
      cells: z.array(ObjectCell),
    }),
  ),
  nextCursor: z.string().nullable(),
  create: Decision,
})
export type ObjectPage = z.infer<typeof ObjectPage>

/** One object. A Secret's values are masked unless `reveal` asks for them. */
export const GetObject = Place.extend({ ...Kind.shape, name: ObjectName, reveal: z.boolean().default(false) })
export type GetObject = z.infer<typeof GetObject>

export const ObjectDetail = z.object({
  kind: ObjectKind,
  name: z.string(),
  namespace: z.string().nullable(),
  uid: z.string(),
  createdAt: Instant.nullable(),
  deleting: z.boolean(),
  /** What a person may change: without status, managed fields and what the server counts. */
  yaml: z.string(),
  /** Stands for what `yaml` says: a change of the status alone leaves it as it is. */
  etag: z.string(),
  status: z.string().nullable(),
  managedFields: z.string().nullable(),
  owners: z.array(z.object({ kind: z.string(), name: z.string() })),
  /** Values are masked in `yaml`. */
  masked: z.boolean(),
  update: Decision,
  delete: Decision,
})
export type ObjectDetail = z.infer<typeof ObjectDetail>

/** Text that a person wrote: longer than what a server takes (1.5 MiB with etcd), escaped. */
const Yaml = z.string().min(1).max(4_000_000)

export const UpdateObject = GetObject.extend({
  yaml: Yaml,
  /** What the text was made from. */
  etag: z.string().max(100),
  /** Asks the server what it would make of it, and writes nothing. */
  dryRun: z.boolean().default(false),
})
export type UpdateObject = z.infer<typeof UpdateObject>

export const CreateObject = Place.extend({ yaml: Yaml, dryRun: z.boolean().default(false) })
export type CreateObject = z.infer<typeof CreateObject>

/** What the server made of a text, or would make of it. */
const Made = z.object({
  outcome: z.literal('made'),
  dryRun: z.boolean(),
  kind: ObjectKind,
  name: z.string(),
  namespace: z.string().nullable(),
  before: z.string(),
  after: z.string(),
  etag: z.string(),
  warnings: z.array(z.string()),
})
export const MadeObject = Made
export type MadeObject = z.infer<typeof MadeObject>
/** Somebody changed it since it was read: nothing was written. */
const Stale = z.object({
  outcome: z.literal('stale'),
  live: z.string(),
  etag: z.string(),
  by: z.string().nullable(),
})
export const UpdateOutcome = z.discriminatedUnion('outcome', [Made, Stale])
export type UpdateOutcome = z.infer<typeof UpdateOutcome>

/** Puts a person's changes (from `base` to `yaml`) onto the object as it is now. */
export const RebaseObject = GetObject.extend({ base: Yaml, yaml: Yaml })
export type RebaseObject = z.infer<typeof RebaseObject>
export const RebasedObject = z.object({
  yaml: z.string(),
  live: z.string(),
  etag: z.string(),
  /** Fields that both changed: `yaml` has the person's own value. */
  clashes: z.array(z.string()),
})
export type RebasedObject = z.infer<typeof RebasedObject>

export const DeleteObject = Place.extend({ ...Kind.shape, name: ObjectName, uid: z.string().min(1).max(100) })
export type DeleteObject = z.infer<typeof DeleteObject>

export const WatchObjects = Place.extend({ ...Kind.shape, name: ObjectName.optional() })
export type WatchObjects = z.infer<typeof WatchObjects>

/** The part of JSON Schema that editors need. `$ref` names a definition. */
export type SchemaNode = {
  $ref?: string | undefined
  type?: string | undefined
  description?: string | undefined
  properties?: Record<string, SchemaNode> | undefined
  additionalProperties?: SchemaNode | undefined
  items?: SchemaNode | undefined
  enum?: (string | number | boolean)[] | undefined
  required?: string[] | undefined
  /** Anything may be here. */
  open?: boolean | undefined
  /** A number or a text. */
  intOrString?: boolean | undefined
}
export const SchemaNode: z.ZodType<SchemaNode> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.string().optional(),
    description: z.string().optional(),
    properties: z.record(z.string(), SchemaNode).optional(),
    additionalProperties: SchemaNode.optional(),
    items: SchemaNode.optional(),
    enum: z.array(z.union([z.string(), z.number(), z.boolean()])).optional(),
    required: z.array(z.string()).optional(),
    open: z.boolean().optional(),
    intOrString: z.boolean().optional(),
  }),
)

/** By `apiVersion` and `kind`, as a text names its kind: also for an object that is not there yet. */
export const GetSchema = z.object({ apiVersion: z.string().max(300), kind: z.string().min(1).max(100) })
export type GetSchema = z.infer<typeof GetSchema>
/** `root` is null where the server describes the kind nowhere. */
export const ObjectSchema = z.object({ root: z.string().nullable(), definitions: z.record(z.string(), SchemaNode) })
export type ObjectSchema = z.infer<typeof ObjectSchema>
