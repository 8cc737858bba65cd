/**
 * Writes kubelite's compact tables from a real API server: the structure of the built-in kinds (types, required fields,
 * merge keys, published defaults; no description texts), the bootstrap ClusterRoles, and the discovery rows.
 *
 *   node tooling/generators/kubelite-schemas.ts --kubeconfig FILE --kubectl FILE
 *
 * Source of the committed tables: kube-apiserver v1.36.3, `/openapi/v3`, `/apis/rbac.authorization.k8s.io/v1`.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { servedTypes } from './kubelite-types.ts'

const target = join(import.meta.dirname, '../../packages/kubelite/src/openapi-data')
const documents = [
  'api/v1',
  'apis/apps/v1',
  'apis/batch/v1',
  'apis/discovery.k8s.io/v1',
  'apis/rbac.authorization.k8s.io/v1',
  'apis/authentication.k8s.io/v1',
  'apis/authorization.k8s.io/v1',
  'apis/apiextensions.k8s.io/v1',
  'apis/coordination.k8s.io/v1',
  'apis/events.k8s.io/v1',
  'apis/storage.k8s.io/v1',
  'apis/policy/v1',
  'apis/autoscaling/v1',
  'apis/autoscaling/v2',
  'apis/scheduling.k8s.io/v1',
  'apis/networking.k8s.io/v1',
  'apis/admissionregistration.k8s.io/v1',
]
/** Every kind that kubelite serves, and the shared machinery types; all that these reach is kept. */
const roots = [
  ...servedTypes,
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  ...'DeleteOptions Status APIResourceList WatchEvent Patch'
    .split(' ')
    .map((kind) => `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`),
]

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
const isObject = (value: unknown): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `allOf: [{$ref}]` becomes `$ref`, texts go, the rest stays as published. */
function compact(node: Json, parent = ''): Json {
  if (Array.isArray(node)) return node.map((item) => compact(item))
  if (!isObject(node)) return node
  const out: { [key: string]: Json } = {}
  for (const [key, value] of Object.entries(node)) {
    if (key === 'description' && parent !== 'properties' && typeof value === 'string') continue
    if (
      key === 'allOf' &&
      Array.isArray(value) &&
      value.length === 1 &&
      isObject(value[0]) &&
      value[0].$ref !== undefined
    ) {
      out.$ref = String(value[0].$ref).replace('#/components/schemas/', '')
    } else if (key === '$ref' && typeof value === 'string') {
      out.$ref = value.replace('#/components/schemas/', '')
    } else {
      out[key] = compact(value, key)
    }
  }
  return out
}

function references(node: Json, found: Set<string>): void {
  if (Array.isArray(node)) for (const item of node) references(item, found)
  else if (isObject(node)) {
    for (const [key, value] of Object.entries(node)) {
      if (key === '$ref' && typeof value === 'string') found.add(value)
      else references(value, found)
    }
  }
}

const { values } = parseArgs({
  options: { kubeconfig: { type: 'string' }, kubectl: { type: 'string', default: 'kubectl' } },
})
const raw = (path: string): Json =>
  JSON.parse(
    execFileSync(values.kubectl, ['--kubeconfig', values.kubeconfig ?? '', 'get', '--raw', path], {
      maxBuffer: 1 << 28,
    }).toString(),
  )

const all = new Map<string, Json>()
for (const document of documents) {
  const loaded = raw(`/openapi/v3/${document}`)
  const schemas = isObject(loaded) && isObject(loaded.components) ? loaded.components.schemas : {}
  if (isObject(schemas)) for (const [name, schema] of Object.entries(schemas)) all.set(name, compact(schema))
}
const kept = new Map<string, Json>()
const queue = [...roots]
for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
  const schema = all.get(name)
  if (kept.has(name)) continue
  if (schema === undefined) {
    process.stderr.write(`not published: ${name}\n`)
    continue
  }
  const list = all.get(`${name}List`)
  if (list !== undefined) queue.push(`${name}List`)
  kept.set(name, schema)
  const found = new Set<string>()
  references(schema, found)
  queue.push(...found)
}
const sorted = Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(join(target, 'builtin-schemas.json'), `${JSON.stringify(sorted)}\n`)

const wantedRoles =
  /^(cluster-admin|admin|edit|view|system:(discovery|basic-user|public-info-viewer|service-account-issuer-discovery|aggregate-to-(admin|edit|view)))$/
function rbacItems(plural: string, wanted: (name: string) => boolean): Json[] {
  const list = raw(`/apis/rbac.authorization.k8s.io/v1/${plural}`)
  const items = isObject(list) && Array.isArray(list.items) ? list.items : []
  return items.filter(isObject).flatMap((item) => {
    const meta = isObject(item.metadata) ? item.metadata : {}
    if (!wanted(String(meta.name))) return []
    const { name, labels, annotations } = meta
    const { metadata: _, ...rest } = item
    return [
      {
        ...rest,
        metadata: { name: name ?? '', ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
      },
    ]
  })
}
const roles = rbacItems('clusterroles', (name) => wantedRoles.test(name))
const bindings = rbacItems('clusterrolebindings', (name) => wantedRoles.test(name))
writeFileSync(
  join(target, 'bootstrap-rbac.json'),
  `${JSON.stringify({ clusterRoles: roles, clusterRoleBindings: bindings }, null, 1)}\n`,
)
process.stdout.write(`${kept.size} schemas, ${roles.length} roles, ${bindings.length} bindings\n`)
