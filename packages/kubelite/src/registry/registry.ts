/** All resources served now: the built-in rows and what established CRDs add. */
import type { ResourceId } from '../client.ts'
import { builtinResources } from './builtin-kinds.ts'
import { type Resource, storageKey } from './resource.ts'

const idOf = (group: string, version: string, plural: string) => `${group}/${version}/${plural}`

export class Registry {
  readonly #byId = new Map<string, Resource>()
  /** CRD name → its resources, one per served version. */
  readonly #custom = new Map<string, readonly Resource[]>()
  /** Grows with each change, for caches of discovery and OpenAPI. */
  #generation = 0

  constructor() {
    for (const resource of builtinResources)
      this.#byId.set(idOf(resource.group, resource.version, resource.plural), resource)
  }

  get generation(): number {
    return this.#generation
  }

  find(id: ResourceId): Resource | undefined {
    return this.#byId.get(idOf(id.group, id.version, id.plural))
  }

  /** Any version: for garbage collection and RBAC escalation checks. */
  findByKind(group: string, kind: string): Resource | undefined {
    for (const resource of this.#byId.values()) if (resource.group === group && resource.kind === kind) return resource
    return undefined
  }

  all(): Resource[] {
    return [...this.#byId.values()]
  }

  /** One resource per storage: of several versions of a CRD only the first. */
  stored(): Resource[] {
    const seen = new Set<string>()
    return this.all().filter((resource) => {
      const key = storageKey(resource)
      if (resource.virtual || seen.has(key)) return false
      seen.add(key)
      return true
    })
  }

  setCustom(crd: string, resources: readonly Resource[]): void {
    this.removeCustom(crd)
    this.#custom.set(crd, resources)
    for (const resource of resources) this.#byId.set(idOf(resource.group, resource.version, resource.plural), resource)
    this.#generation += 1
  }

  removeCustom(crd: string): void {
    for (const resource of this.#custom.get(crd) ?? [])
      this.#byId.delete(idOf(resource.group, resource.version, resource.plural))
    this.#custom.delete(crd)
    this.#generation += 1
  }
}
