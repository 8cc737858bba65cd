/** ClusterIPs of Services: unique addresses of 10.96.0.0/16, where pods with a network of their own find them. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'
import { invalid } from '../status-error.ts'
import type { Store } from '../store/store.ts'

/** Sets `spec.clusterIP` and `clusterIPs` where the Service asks for none. */
export function assignClusterIp(store: Store, service: KubeObject): void {
  const spec: JsonObject = isObject(service.spec) ? service.spec : {}
  if (spec.type === 'ExternalName') return
  const taken = new Set(
    [...store.headEntries('/services')].map((entry) =>
      isObject(entry.object.spec) ? entry.object.spec.clusterIP : undefined,
    ),
  )
  if (spec.clusterIP && spec.clusterIP !== 'None' && taken.has(spec.clusterIP)) {
    throw invalid('', 'Service', service.metadata.name ?? '', [
      {
        field: 'spec.clusterIPs',
        type: 'FieldValueInvalid',
        value: [spec.clusterIP],
        detail: `failed to allocate IP ${String(spec.clusterIP)}: provided IP is already allocated`,
      },
    ])
  }
  if (!spec.clusterIP) spec.clusterIP = freeAddress(taken)
  spec.clusterIPs = [spec.clusterIP]
}

function freeAddress(taken: ReadonlySet<unknown>): string {
  for (;;) {
    // The first sixteen are the platform's: the API server and its doors are at 10.96.0.1.
    const number = 16 + Math.floor(Math.random() * 65_000)
    const address = `10.96.${number >> 8}.${number & 255}`
    if (!taken.has(address)) return address
  }
}
