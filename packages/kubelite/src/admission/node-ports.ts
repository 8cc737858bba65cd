/** Node ports of Services: unique numbers of 30000-32767. They are kept, nothing listens at them (docs/compat.md). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'
import { invalid } from '../status-error.ts'
import type { Store } from '../store/store.ts'

const first = 30_000
const last = 32_767

const specOf = (service: KubeObject | undefined): JsonObject =>
  service !== undefined && isObject(service.spec) ? service.spec : {}
const portsOf = (service: KubeObject | undefined): JsonObject[] => {
  const { ports } = specOf(service)
  return Array.isArray(ports) ? ports.filter(isObject) : []
}
const hasNodePorts = (service: KubeObject | undefined): boolean =>
  ['NodePort', 'LoadBalancer'].includes(String(specOf(service).type))
const numbersOf = (service: KubeObject | undefined): number[] =>
  portsOf(service).flatMap((port) => (typeof port.nodePort === 'number' && port.nodePort > 0 ? [port.nodePort] : []))

/** On an update: numbers stay with their ports, and go with the type (`patchAllocatedValues`, `dropTypeDependentFields`). */
export function keepNodePorts(service: KubeObject, old: KubeObject): void {
  if (!hasNodePorts(old)) return
  const ports = portsOf(service)
  if (!hasNodePorts(service)) {
    if (String(numbersOf(service)) === String(numbersOf(old))) for (const port of ports) delete port.nodePort
    return
  }
  const used = new Set(numbersOf(service))
  const byName = new Map(portsOf(old).map((port) => [port.name, port.nodePort]))
  for (const port of ports) {
    const before = byName.get(port.name)
    if (!port.nodePort && typeof before === 'number' && !used.has(before)) port.nodePort = before
  }
}

/** Gives numbers to ports that ask for none. Throws Invalid when a number is taken or out of range. */
export function assignNodePorts(store: Store, service: KubeObject, old: KubeObject | undefined): void {
  if (!hasNodePorts(service)) return
  const taken = new Set(
    [...store.headEntries('/services')]
      .filter((entry) => entry.object.metadata.uid !== service.metadata.uid)
      .flatMap((entry) => numbersOf(entry.object)),
  )
  const own = new Set(numbersOf(old))
  for (const [index, port] of portsOf(service).entries()) {
    const number = Number(port.nodePort ?? 0)
    if (number === 0 || own.has(number)) continue
    if (number < first || number > last)
      throw refused(
        service,
        index,
        number,
        `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
      )
    if (taken.has(number)) throw refused(service, index, number, 'provided port is already allocated')
  }
  const { type, allocateLoadBalancerNodePorts } = specOf(service)
  if (type === 'LoadBalancer' && allocateLoadBalancerNodePorts === false) return
  for (const number of numbersOf(service)) taken.add(number)
  // The same port with two protocols has one number.
  const byPort = new Map(portsOf(service).map((port) => [port.port, Number(port.nodePort ?? 0)]))
  for (const port of portsOf(service)) {
    if (port.nodePort) continue
    const number = byPort.get(port.port) || freeNumber(taken)
    port.nodePort = number
    byPort.set(port.port, number)
    taken.add(number)
  }
}

function freeNumber(taken: ReadonlySet<number>): number {
  const start = Math.floor(Math.random() * (last - first + 1))
  for (let step = 0; step <= last - first; step += 1) {
    const number = first + ((start + step) % (last - first + 1))
    if (!taken.has(number)) return number
  }
  throw new Error('failed to allocate a nodePort: range is full')
}

function refused(service: KubeObject, index: number, number: number, why: string): Error {
  return invalid('', 'Service', service.metadata.name ?? '', [
    { field: `spec.ports[${index}].nodePort`, type: 'FieldValueInvalid', value: number, detail: why },
  ])
}
