/** OpenAPI documents made from the registry: structure, group-version-kinds, and the query parameters that clients look for. */
import { createHash } from 'node:crypto'
import type { Registry } from '../registry/registry.ts'
import type { Resource } from '../registry/resource.ts'
import { builtinSchemas, objectMetaName } from '../schema/builtin.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { encodeOpenApiV2 } from './openapi-protobuf.ts'
import { textsVersion, withTexts } from './openapi-texts.ts'
import { toV2Schema } from './openapi-v2-schema.ts'

type Caches = { generation: number; documents: Map<string, object> }
const caches = new WeakMap<Registry, Caches>()

function cached(registry: Registry, name: string, make: () => object): object {
  let cache = caches.get(registry)
  if (cache === undefined || cache.generation !== registry.generation) {
    cache = { generation: registry.generation, documents: new Map() }
    caches.set(registry, cache)
  }
  let document = cache.documents.get(name)
  if (document === undefined) {
    document = make()
    cache.documents.set(name, document)
  }
  return document
}

/** `api/v1`, `apis/apps/v1` */
export const openApiPath = (resource: { group: string; version: string }) =>
  resource.group === '' ? `api/${resource.version}` : `apis/${resource.group}/${resource.version}`

/** `/openapi/v3`: a document for each group version, its address changing with its content. */
export function openApiV3Index(registry: Registry): object {
  return cached(registry, 'index', () => {
    const names = [...new Set(registry.all().map(openApiPath))].sort()
    const paths = names.map((name) => [
      name,
      { serverRelativeURL: `/openapi/v3/${name}?hash=${openApiV3Hash(registry, name)}` },
    ])
    return { paths: Object.fromEntries(paths) }
  })
}

/** Of the structure alone: the texts of built-in kinds are those of the release. */
export function openApiV3Hash(registry: Registry, name: string): string {
  const { hash } = cached(registry, `hash ${name}`, () => ({
    hash: digest(JSON.stringify(structureOf(registry, name))),
  })) as {
    hash: string
  }
  return hash
}

export const digest = (text: string): string =>
  createHash('sha512').update(textsVersion).update(text).digest('hex').toUpperCase()

/** Null when no such group version is served. Made anew for each request: it is large, and clients keep it by its hash. */
export function openApiV3(registry: Registry, name: string): object | null {
  const structure = structureOf(registry, name)
  if (structure === null) return null
  return {
    ...structure.head,
    components: { schemas: expandRefs(withTexts(structure.schemas), '#/components/schemas/') },
  }
}

function structureOf(registry: Registry, name: string): { head: object; schemas: JsonObject } | null {
  const resources = registry.all().filter((resource) => openApiPath(resource) === name)
  if (resources.length === 0) return null
  const schemas: JsonObject = {}
  for (const resource of resources) collect(resource, schemas, 'v3')
  const paths = Object.assign({}, ...resources.map((resource) => pathsOf(resource, 'v3')))
  return { head: { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.36.3' }, paths }, schemas }
}

export function openApiV2(registry: Registry): object {
  return cached(registry, 'v2', () => {
    const schemas: JsonObject = {}
    for (const resource of registry.all()) collect(resource, schemas, 'v2')
    return {
      swagger: '2.0',
      info: { title: 'Kubernetes', version: 'v1.36.3' },
      paths: Object.assign({}, ...registry.all().map((resource) => pathsOf(resource, 'v2'))),
      definitions: expandRefs(schemas, '#/definitions/', 'beside'),
    }
  })
}

type Encoded = { encoded: Buffer; hash: string }

/** The same as protobuf, with the hash that clients keep it by. Made once for each state of the registry. */
export const openApiV2Encoded = (registry: Registry): Encoded =>
  cached(registry, 'v2 protobuf', () => {
    const encoded = encodeOpenApiV2(openApiV2(registry) as JsonObject)
    return { encoded, hash: digest(encoded.toString('latin1')) }
  }) as Encoded

function collect(resource: Resource, schemas: JsonObject, flavour: Flavour): void {
  if (resource.custom === undefined) return void reach(resource.definition, schemas)
  const { schema } = resource
  const gvk = [{ group: resource.group, version: resource.version, kind: resource.kind }]
  // Not even the metadata, or kubectl would complain of every other field (apiextensions' openapi builder).
  if (flavour === 'v2' && schema.preserveUnknown) {
    schemas[resource.definition] = { type: 'object', 'x-kubernetes-group-version-kind': gvk }
    return
  }
  const raw: typeof schema.raw = flavour === 'v2' ? toV2Schema(schema.raw as JsonObject) : schema.raw
  reach(objectMetaName, schemas)
  schemas[resource.definition] = {
    ...raw,
    properties: {
      ...raw.properties,
      apiVersion: { type: 'string', description: typeTexts.apiVersion },
      kind: { type: 'string', description: typeTexts.kind },
      metadata: { $ref: objectMetaName, description: typeTexts.metadata },
    },
    'x-kubernetes-group-version-kind': gvk,
  }
}

/** What a real server says of these in every custom resource (apiextensions' openapi builder). */
const typeTexts = {
  apiVersion:
    'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
  kind: 'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
  metadata:
    "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
}

function reach(name: string, schemas: JsonObject): void {
  if (schemas[name] !== undefined || builtinSchemas[name] === undefined) return
  schemas[name] = builtinSchemas[name]
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk)
    else if (isObject(value))
      for (const [key, inner] of Object.entries(value))
        key === '$ref' && typeof inner === 'string' ? reach(inner, schemas) : walk(inner)
  }
  walk(builtinSchemas[name])
}

/** Our tables hold bare names in `$ref`; documents hold pointers. Those of v3 are wrapped, so that siblings are allowed. */
function expandRefs(value: unknown, prefix: string, siblings: 'wrapped' | 'beside' = 'wrapped'): unknown {
  if (Array.isArray(value)) return value.map((item) => expandRefs(item, prefix, siblings))
  if (!isObject(value)) return value
  const { $ref, ...rest } = value
  const others = Object.fromEntries(
    Object.entries(rest).map(([key, inner]) => [key, expandRefs(inner, prefix, siblings)]),
  )
  if (typeof $ref !== 'string')
    return $ref === undefined ? others : { ...others, $ref: expandRefs($ref, prefix, siblings) }
  const pointer = { $ref: `${prefix}${$ref}` }
  if (siblings === 'beside') return { ...others, ...pointer }
  return Object.keys(others).length === 0 ? pointer : { ...others, allOf: [pointer] }
}

const query = (name: string, type = 'string') => ({ name, in: 'query', schema: { type } })
const queryV2 = (name: string, type = 'string') => ({ name, in: 'query', type })

type Flavour = 'v2' | 'v3'

function pathsOf(resource: Resource, flavour: Flavour): JsonObject {
  const base = `/${openApiPath(resource)}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`
  const gvk = { group: resource.group, version: resource.version, kind: resource.kind }
  const parameter = flavour === 'v3' ? query : queryV2
  const write = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => parameter(name))
  const operation = (action: string, verb: string, parameters: object[] = []) => ({
    operationId: `${action}${resource.group.replaceAll(/\W/g, '')}${resource.version}${resource.kind}`,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
    parameters,
    responses: { '200': { description: 'OK', ...content(resource, flavour) } },
    ...(verb === 'patch'
      ? patchBody(resource, flavour)
      : verb === 'post' || verb === 'put'
        ? body(resource, flavour)
        : {}),
  })
  const collection: JsonObject = { post: operation('post', 'post', write) }
  if (resource.virtual && !resource.verbs.includes('create'))
    return { [base]: { get: operation('list', 'get') }, [`${base}/{name}`]: { get: operation('get', 'get') } }
  if (resource.virtual) return { [base]: collection }
  collection.get = operation(
    'list',
    'get',
    ['labelSelector', 'fieldSelector', 'limit', 'continue', 'resourceVersion'].map((name) => parameter(name)),
  )
  const item: JsonObject = {
    get: operation('get', 'get'),
    put: operation('put', 'put', write),
    patch: operation('patch', 'patch', [...write, parameter('force', 'boolean')]),
    delete: operation(
      'delete',
      'delete',
      ['dryRun', 'gracePeriodSeconds', 'propagationPolicy'].map((name) => parameter(name)),
    ),
  }
  const status = resource.subresources.includes('status')
    ? {
        [`${base}/{name}/status`]: {
          get: operation('get', 'get'),
          put: operation('put', 'put', write),
          patch: operation('patch', 'patch', write),
        },
      }
    : {}
  return { [base]: collection, [`${base}/{name}`]: item, ...status }
}

const refOf = (resource: Resource, flavour: Flavour) => ({
  $ref: `${flavour === 'v3' ? '#/components/schemas/' : '#/definitions/'}${resource.definition}`,
})
const content = (resource: Resource, flavour: Flavour) =>
  flavour === 'v3'
    ? { content: { 'application/json': { schema: refOf(resource, flavour) } } }
    : { schema: refOf(resource, flavour) }
const body = (resource: Resource, flavour: Flavour) =>
  flavour === 'v3'
    ? { requestBody: { content: { '*/*': { schema: refOf(resource, flavour) } } } }
    : { consumes: ['*/*'] }

function patchBody(resource: Resource, flavour: Flavour): object {
  const types = [
    'application/apply-patch+yaml',
    'application/json-patch+json',
    'application/merge-patch+json',
    ...(resource.custom === undefined ? ['application/strategic-merge-patch+json'] : []),
  ]
  if (flavour === 'v2') return { consumes: types }
  return { requestBody: { content: Object.fromEntries(types.map((type) => [type, { schema: { type: 'object' } }])) } }
}
