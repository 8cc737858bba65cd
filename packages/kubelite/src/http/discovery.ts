/** /api, /apis and their versions, in the legacy form and the aggregated one (apidiscovery.k8s.io/v2). */
import type { Registry } from '../registry/registry.ts'
import { apiVersionOf, type Resource, type Subresource } from '../registry/resource.ts'
import { compareVersions } from '../registry/versions.ts'

type Kind = { group: string; version: string; kind: string }
type SubEntry = { name: Subresource; kind: Kind; verbs: readonly string[] }

const optionsOf = (kind: string): Kind => ({ group: '', version: 'v1', kind })

function subEntries(resource: Resource): SubEntry[] {
  const own: Kind = { group: resource.group, version: resource.version, kind: resource.kind }
  const entries: Record<Subresource, SubEntry> = {
    status: { name: 'status', kind: own, verbs: ['get', 'patch', 'update'] },
    scale: {
      name: 'scale',
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      verbs: ['get', 'patch', 'update'],
    },
    log: { name: 'log', kind: own, verbs: ['get'] },
    binding: { name: 'binding', kind: { group: '', version: 'v1', kind: 'Binding' }, verbs: ['create'] },
    token: {
      name: 'token',
      kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      verbs: ['create'],
    },
    finalize: { name: 'finalize', kind: own, verbs: ['update'] },
    exec: { name: 'exec', kind: optionsOf('PodExecOptions'), verbs: ['create', 'get'] },
    attach: { name: 'attach', kind: optionsOf('PodAttachOptions'), verbs: ['create', 'get'] },
    portforward: { name: 'portforward', kind: optionsOf('PodPortForwardOptions'), verbs: ['create', 'get'] },
    eviction: { name: 'eviction', kind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
  }
  return [...resource.subresources].sort().map((name) => entries[name])
}

const byPlural = (a: Resource, b: Resource) => (a.plural < b.plural ? -1 : 1)

/** `/api/v1` and `/apis/<group>/<version>`. */
export function resourceList(registry: Registry, group: string, version: string): object | null {
  const resources = registry
    .all()
    .filter((resource) => resource.group === group && resource.version === version)
    .sort(byPlural)
  if (resources.length === 0) return null
  const rows = resources.flatMap((resource) => [
    {
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs: resource.verbs,
      ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
      ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    },
    ...subEntries(resource).map((entry) => ({
      name: `${resource.plural}/${entry.name}`,
      singularName: '',
      namespaced: resource.namespaced,
      ...(entry.kind.group === group ? {} : { group: entry.kind.group, version: entry.kind.version }),
      kind: entry.kind.kind,
      verbs: entry.verbs,
    })),
  ])
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group, version }), resources: rows }
}

/** Group names with their versions, the preferred one (a stable one, the newest) first. */
export function groupsOf(registry: Registry): Map<string, string[]> {
  const groups = new Map<string, Set<string>>()
  for (const resource of registry.all()) {
    const versions = groups.get(resource.group) ?? new Set()
    versions.add(resource.version)
    groups.set(resource.group, versions)
  }
  return new Map([...groups].map(([name, versions]) => [name, [...versions].sort(compareVersions)]))
}

const groupEntry = (name: string, versions: readonly string[]) => {
  const list = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions: list, preferredVersion: list[0] }
}

export function apiGroupList(registry: Registry): object {
  const groups = [...groupsOf(registry)].filter(([name]) => name !== '')
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(([name, versions]) => groupEntry(name, versions)),
  }
}

export function apiGroup(registry: Registry, name: string): object | null {
  const versions = groupsOf(registry).get(name)
  return versions === undefined || name === ''
    ? null
    : { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(name, versions) }
}

export const apiVersions = (address: string): object => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
})

const gvk = (kind: Kind) => ({ group: kind.group, version: kind.version, kind: kind.kind })

/** `APIGroupDiscoveryList` of `/api` (core only) or `/apis` (the rest). */
export function aggregated(registry: Registry, core: boolean): object {
  const groups = [...groupsOf(registry)].filter(([name]) => (name === '') === core)
  const items = groups.map(([name, versions]) => ({
    metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
    versions: versions.map((version) => ({
      version,
      resources: aggregatedResources(registry, name, version),
      freshness: 'Current',
    })),
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
}

function aggregatedResources(registry: Registry, group: string, version: string): object[] {
  return registry
    .all()
    .filter((resource) => resource.group === group && resource.version === version)
    .sort(byPlural)
    .map((resource) => ({
      resource: resource.plural,
      responseKind: gvk(resource),
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: resource.singular,
      verbs: resource.verbs,
      ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
      ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
      ...(resource.subresources.length > 0
        ? {
            subresources: subEntries(resource).map((entry) => ({
              subresource: entry.name,
              responseKind: gvk(entry.kind),
              verbs: entry.verbs,
            })),
          }
        : {}),
    }))
}
