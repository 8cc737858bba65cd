/** What the registries of a real server set on new and changed objects after admission: addresses and ports. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Resource } from '../registry/resource.ts'
import { isObject } from '../schema/node.ts'
import type { Store } from '../store/store.ts'
import { assignClusterIp } from './cluster-ip.ts'
import { assignNodePorts, keepNodePorts } from './node-ports.ts'

/** Changes `object`, which is new or changed from `old`. Throws Invalid when what is asked for is taken. */
export function allocate(store: Store, resource: Resource, object: KubeObject, old?: KubeObject): void {
  if (resource.custom !== undefined || resource.kind !== 'Service') return
  if (old === undefined || !hasClusterIp(object)) assignClusterIp(store, object)
  if (old !== undefined) keepNodePorts(object, old)
  assignNodePorts(store, object, old)
}

const hasClusterIp = ({ spec }: KubeObject): boolean => isObject(spec) && Boolean(spec.clusterIP)
