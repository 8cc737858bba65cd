/**
 * One form for the structure of built-in kinds (published OpenAPI) and custom resources (CRD schemas): what patches, apply,
 * defaulting, pruning and validation walk along.
 */
export type JsonObject = { [key: string]: unknown }
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export type OpenApiSchema = {
  $ref?: string
  type?: string
  format?: string
  default?: unknown
  nullable?: boolean
  enum?: unknown[]
  required?: string[]
  properties?: Record<string, OpenApiSchema>
  additionalProperties?: boolean | OpenApiSchema
  items?: OpenApiSchema
  oneOf?: OpenApiSchema[]
  anyOf?: OpenApiSchema[]
  allOf?: OpenApiSchema[]
  not?: OpenApiSchema
  description?: string
  [extension: string]: unknown
}

export type SchemaNode = {
  readonly raw: OpenApiSchema
  /** The last part of the definition's name (`DeploymentSpec`), when the node is one. */
  readonly typeName: string | undefined
  readonly type: string | undefined
  readonly intOrString: boolean
  readonly preserveUnknown: boolean
  /** An embedded object: apiVersion, kind and metadata are allowed whatever the properties say. */
  readonly embedded: boolean
  readonly required: readonly string[]
  readonly listType: 'atomic' | 'set' | 'map' | undefined
  readonly listKeys: readonly string[]
  readonly mapType: 'atomic' | 'granular' | undefined
  readonly patchStrategy: readonly string[]
  readonly mergeKey: string | undefined
  readonly default: unknown
  readonly nullable: boolean
  property(name: string): SchemaNode | undefined
  readonly properties: ReadonlyMap<string, SchemaNode>
  readonly items: SchemaNode | undefined
  readonly additional: SchemaNode | undefined
  /** True when any key may appear (no properties are declared, or additionalProperties is true). */
  readonly open: boolean
}

export type Resolve = (name: string) => OpenApiSchema | undefined

/** Types whose wire form is a scalar although the schema calls them an object or leaves the type out. */
class Node implements SchemaNode {
  readonly raw: OpenApiSchema
  readonly typeName: string | undefined
  readonly #resolve: Resolve
  #properties: Map<string, SchemaNode> | undefined
  #items: SchemaNode | undefined
  #additional: SchemaNode | undefined

  constructor(schema: OpenApiSchema, resolve: Resolve) {
    const target = schema.$ref === undefined ? undefined : resolve(schema.$ref)
    this.raw = target === undefined ? schema : { ...target, ...schema }
    this.typeName = schema.$ref?.split('.').at(-1)
    this.#resolve = resolve
  }

  get type() {
    return this.raw.type
  }
  get intOrString() {
    return (
      this.raw['x-kubernetes-int-or-string'] === true ||
      this.raw.format === 'int-or-string' ||
      (this.raw.type === undefined && this.raw.oneOf !== undefined && this.raw.properties === undefined)
    )
  }
  get preserveUnknown() {
    return this.raw['x-kubernetes-preserve-unknown-fields'] === true
  }
  get embedded() {
    return this.raw['x-kubernetes-embedded-resource'] === true
  }
  get required() {
    return this.raw.required ?? []
  }
  get listType() {
    return this.raw['x-kubernetes-list-type'] as SchemaNode['listType']
  }
  get listKeys() {
    return (this.raw['x-kubernetes-list-map-keys'] as string[] | undefined) ?? []
  }
  get mapType() {
    return this.raw['x-kubernetes-map-type'] as SchemaNode['mapType']
  }
  get patchStrategy() {
    const strategy = this.raw['x-kubernetes-patch-strategy']
    return typeof strategy === 'string' ? strategy.split(',') : []
  }
  get mergeKey() {
    return this.raw['x-kubernetes-patch-merge-key'] as string | undefined
  }
  get default() {
    return this.raw.default
  }
  get nullable() {
    return this.raw.nullable === true
  }
  get properties(): ReadonlyMap<string, SchemaNode> {
    if (this.#properties === undefined) {
      const declared = Object.entries(this.raw.properties ?? {})
      this.#properties = new Map(declared.map(([name, schema]) => [name, new Node(schema, this.#resolve)]))
    }
    return this.#properties
  }
  get items(): SchemaNode | undefined {
    if (this.#items === undefined && this.raw.items !== undefined) this.#items = new Node(this.raw.items, this.#resolve)
    return this.#items
  }
  get additional(): SchemaNode | undefined {
    if (this.#additional === undefined && isObject(this.raw.additionalProperties)) {
      this.#additional = new Node(this.raw.additionalProperties as OpenApiSchema, this.#resolve)
    }
    return this.#additional
  }
  get open() {
    if (this.preserveUnknown || this.raw.additionalProperties === true) return true
    return (
      this.raw.properties === undefined &&
      this.raw.additionalProperties === undefined &&
      (this.raw.type === 'object' || this.raw.type === undefined)
    )
  }

  property(name: string): SchemaNode | undefined {
    return this.properties.get(name) ?? this.additional
  }
}

/** A node over `schema`; `$ref`s are looked up by name when they are first walked. */
export const schemaNode = (schema: OpenApiSchema, resolve: Resolve = () => undefined): SchemaNode =>
  new Node(schema, resolve)
