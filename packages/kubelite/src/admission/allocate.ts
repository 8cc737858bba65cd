/** What the registries of a real server set on new objects after admission: addresses. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Resource } from '../registry/resource.ts'
import type { Store } from '../store/store.ts'
import { assignClusterIp } from './cluster-ip.ts'

/** Changes `object`. Throws Invalid when an address that is asked for is taken. */
export function allocate(store: Store, resource: Resource, object: KubeObject): void {
  if (resource.custom !== undefined) return
  if (resource.kind === 'Service') assignClusterIp(store, object)
}
