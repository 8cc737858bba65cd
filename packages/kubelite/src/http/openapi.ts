/** OpenAPI documents made from the registry: structure, group-version-kinds, and the query parameters that clients look for. */
import { createHash } from 'node:crypto'
import type { Registry } from '../registry/registry.ts'
import type { Resource } from '../registry/resource.ts'
import { builtinSchemas, objectMetaName } from '../schema/builtin.ts'
import { isObject, type JsonObject } from '../schema/node.ts'

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

const pathOf = (resource: { group: string; version: string }) =>
  resource.group === '' ? `api/${resource.version}` : `apis/${resource.group}/${resource.version}`

/** `/openapi/v3`: a document for each group version, its address changing with its content. */
export function openApiV3Index(registry: Registry): object {
  return cached(registry, 'index', () => {
    const names = [...new Set(registry.all().map(pathOf))].sort()
    const paths = names.map((name) => {
      const hash = createHash('sha256')
        .update(JSON.stringify(openApiV3(registry, name)))
        .digest('hex')
        .slice(0, 64)
        .toUpperCase()
      return [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }]
    })
    return { paths: Object.fromEntries(paths) }
  })
}

/** Null when no such group version is served. */
export function openApiV3(registry: Registry, name: string): object | null {
  const resources = registry.all().filter((resource) => pathOf(resource) === name)
  if (resources.length === 0) return null
  return cached(registry, name, () => {
    const schemas: JsonObject = {}
    for (const resource of resources) collect(resource, schemas)
    const components = expandRefs(schemas, '#/components/schemas/') as JsonObject
    return {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: 'v1.36.3' },
      paths: Object.assign({}, ...resources.map((resource) => pathsOf(resource, 'v3'))),
      components: { schemas: components },
    }
  })
}

export function openApiV2(registry: Registry): object {
  return cached(registry, 'v2', () => {
    const schemas: JsonObject = {}
    for (const resource of registry.all()) collect(resource, schemas)
    return {
      swagger: '2.0',
      info: { title: 'Kubernetes', version: 'v1.36.3' },
      paths: Object.assign({}, ...registry.all().map((resource) => pathsOf(resource, 'v2'))),
      definitions: expandRefs(schemas, '#/definitions/'),
    }
  })
}

function collect(resource: Resource, schemas: JsonObject): void {
  if (resource.custom === undefined) return void reach(resource.definition, schemas)
  const raw = resource.schema.raw
  reach(objectMetaName, schemas)
  schemas[resource.definition] = {
    ...raw,
    properties: { ...raw.properties, metadata: { $ref: objectMetaName } },
    'x-kubernetes-group-version-kind': [{ group: resource.group, version: resource.version, kind: resource.kind }],
  }
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

/** Our tables hold bare names in `$ref`; documents hold pointers, wrapped so that siblings are allowed. */
function expandRefs(value: unknown, prefix: string): unknown {
  if (Array.isArray(value)) return value.map((item) => expandRefs(item, prefix))
  if (!isObject(value)) return value
  const { $ref, ...rest } = value
  const others = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, expandRefs(inner, prefix)]))
  if (typeof $ref !== 'string') return $ref === undefined ? others : { ...others, $ref: expandRefs($ref, prefix) }
  const pointer = { $ref: `${prefix}${$ref}` }
  return Object.keys(others).length === 0 ? pointer : { ...others, allOf: [pointer] }
}

const query = (name: string, type = 'string') => ({ name, in: 'query', schema: { type } })
const queryV2 = (name: string, type = 'string') => ({ name, in: 'query', type })

type Flavour = 'v2' | 'v3'

function pathsOf(resource: Resource, flavour: Flavour): JsonObject {
  const base = `/${pathOf(resource)}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`
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
