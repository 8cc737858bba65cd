import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { KubeliteClient } from '../../client.ts'
import { type Cache, openCache } from '../../controllers/cache.ts'
import { type EndpointSlice, endpointSlices, type Service, services } from '../../controllers/endpoint-slice.ts'
import type { NodeContext } from '../context.ts'
import type { Names } from './hosts-file.ts'

/** The Services of the cluster and who serves them, followed. `onChange` is called for whatever could matter to pods. */
export async function followServices(
  client: KubeliteClient,
  context: Pick<NodeContext, 'log' | 'signal'>,
  onChange: () => void,
): Promise<{ names(): Names }> {
  const open = <T extends KubeObject>(resource: { group: string; version: string; plural: string }): Cache<T> =>
    openCache<T>(client, resource, {}, { log: context.log, signal: context.signal })
  const serviceCache = open<Service>(services)
  const sliceCache = open<EndpointSlice>(endpointSlices)
  await Promise.all([serviceCache.synced, sliceCache.synced])
  serviceCache.onEvent(onChange)
  sliceCache.onEvent(onChange)
  return { names: () => ({ services: serviceCache.list(), slices: sliceCache.list() }) }
}
