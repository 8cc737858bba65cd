/** ClusterIPs of Services: unique addresses of 10.96.0.0/16, where pods with a network of their own find them. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { addressFaults } from '../kinds/service.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { invalid } from '../status-error.ts'
import type { Store } from '../store/store.ts'

/** Sets `spec.clusterIP`, `clusterIPs` and the families where the Service asks for none. */
export function assignClusterIp(store: Store, service: KubeObject): void {
  const spec: JsonObject = isObject(service.spec) ? service.spec : {}
  if (spec.type === 'ExternalName') return
  const faults = addressFaults(spec.clusterIPs)
  if (faults.length > 0) throw invalid('', 'Service', service.metadata.name ?? '', faults)
  const taken = new Set(
    [...store.headEntries('/services')].map((entry) =>
      isObject(entry.object.spec) ? entry.object.spec.clusterIP : undefined,
    ),
  )
  if (spec.clusterIP && spec.clusterIP !== 'None') {
    const address = String(spec.clusterIP)
    const isOwn = service.metadata.namespace === 'default' && service.metadata.name === 'kubernetes'
    if (!inRange.test(address)) throw refused(service, address, 'the provided network does not match the current range')
    if (taken.has(address) || (reserved.test(address) && !isOwn))
      throw refused(service, address, 'provided IP is already allocated')
  }
  if (!spec.clusterIP) spec.clusterIP = freeAddress(taken)
  spec.clusterIPs = [spec.clusterIP]
  assignFamilies(spec)
}

/** A headless Service without a selector is of both families, whatever the cluster has (`defaultOnWrite`). */
function assignFamilies(spec: JsonObject): void {
  const isOpen = spec.clusterIP === 'None' && Object.keys(isObject(spec.selector) ? spec.selector : {}).length === 0
  spec.ipFamilyPolicy ??= isOpen ? 'RequireDualStack' : 'SingleStack'
  spec.ipFamilies ??= spec.ipFamilyPolicy === 'SingleStack' || !isOpen ? ['IPv4'] : ['IPv4', 'IPv6']
}

/** `service-addresses.ts`; the first sixteen are the platform's, with the API server and its doors at 10.96.0.1. */
const inRange = /^10\.96\.\d+\.\d+$/
const reserved = /^10\.96\.0\.([0-9]|1[0-5])$/

function refused(service: KubeObject, address: string, why: string): Error {
  return invalid('', 'Service', service.metadata.name ?? '', [
    {
      field: 'spec.clusterIPs',
      type: 'FieldValueInvalid',
      value: [address],
      detail: `failed to allocate IP ${address}: ${why}`,
    },
  ])
}

function freeAddress(taken: ReadonlySet<unknown>): string {
  for (;;) {
    const number = 16 + Math.floor(Math.random() * 65_000)
    const address = `10.96.${number >> 8}.${number & 255}`
    if (!taken.has(address)) return address
  }
}
