/** `ResourceList`s (name → quantity) and what a pod asks for (k8s.io/component-helpers/resource/helpers.go). */
import { isObject, type JsonObject } from '../schema/node.ts'
import { addQuantity, printQuantity, type Quantity, readQuantity } from '../schema/quantity.ts'

export type ResourceList = ReadonlyMap<string, Quantity>
export const emptyList: ResourceList = new Map()

export function readList(value: unknown): ResourceList {
  const out = new Map<string, Quantity>()
  for (const [name, text] of Object.entries(isObject(value) ? value : {})) {
    const quantity = readQuantity(text)
    if (quantity !== null) out.set(name, quantity)
  }
  return out
}

export const writeList = (list: ResourceList): Record<string, string> =>
  Object.fromEntries(
    [...list].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, quantity]) => [name, printQuantity(quantity)]),
  )

/** `cpu=1,memory=2Gi`, by name. */
export const prettyList = (list: ResourceList): string =>
  [...list.keys()]
    .sort()
    .map((name) => `${name}=${printQuantity(list.get(name) as Quantity)}`)
    .join(',')

function combine(a: ResourceList, b: ResourceList, pick: (a: Quantity, b: Quantity) => Quantity): ResourceList {
  const out = new Map(a)
  for (const [name, quantity] of b) {
    const present = out.get(name)
    out.set(name, present === undefined ? quantity : pick(present, quantity))
  }
  return out
}

export const addLists = (a: ResourceList, b: ResourceList): ResourceList => combine(a, b, addQuantity)
const maxLists = (a: ResourceList, b: ResourceList): ResourceList =>
  combine(a, b, (left, right) => (right.nanos > left.nanos ? right : left))

/** `a - b`, never below zero. What only `b` has counts as zero. */
export function subtractLists(a: ResourceList, b: ResourceList): ResourceList {
  const out = new Map<string, Quantity>()
  for (const [name, quantity] of a) {
    const left = quantity.nanos - (b.get(name)?.nanos ?? 0n)
    out.set(name, { nanos: left > 0n ? left : 0n, format: quantity.format })
  }
  return out
}

export const maskList = (list: ResourceList, names: Iterable<string>): ResourceList => {
  const wanted = new Set(names)
  return new Map([...list].filter(([name]) => wanted.has(name)))
}

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const resourcesOf = (holder: JsonObject, part: 'requests' | 'limits'): ResourceList =>
  readList(isObject(holder.resources) ? holder.resources[part] : undefined)
const isPodLevel = (name: string) => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')

/**
 * What a pod as a whole requests, or is limited to: the sum of its containers, or what an init container needs beside the
 * sidecars before it, whichever is more; `spec.resources` takes the place of both; the overhead comes on top.
 */
export function podResources(spec: JsonObject, part: 'requests' | 'limits', withOverhead = true): ResourceList {
  let total = emptyList
  for (const container of objects(spec.containers)) total = addLists(total, resourcesOf(container, part))
  let sidecars = emptyList
  let init = emptyList
  for (const container of objects(spec.initContainers)) {
    const own = resourcesOf(container, part)
    if (container.restartPolicy === 'Always') {
      total = addLists(total, own)
      sidecars = addLists(sidecars, own)
      init = maxLists(init, sidecars)
    } else init = maxLists(init, addLists(own, sidecars))
  }
  const containers = maxLists(total, init)
  const podLevel = [...resourcesOf(spec, part)].filter(([name]) => isPodLevel(name))
  const whole = new Map([...containers, ...podLevel])
  if (!withOverhead) return whole
  const overhead = readList(spec.overhead)
  return addLists(whole, part === 'requests' ? overhead : maskList(overhead, whole.keys()))
}
