/** Where a webhook's `clientConfig` leads: a URL, or a ready endpoint of a Service. */
import { isObject, type JsonObject } from '../../schema/node.ts'
import type { Store } from '../../store/store.ts'
import { objectsIn } from '../plugin.ts'

export type Endpoint = {
  /** As errors name it. */
  url: string
  path: string
  /** The name that the certificate must hold. */
  serverName: string
  /** Where to connect to. Throws an Error that says why there is nothing. */
  address(): { host: string; port: number }
}

/** `timeoutSeconds` is told to the webhook in its query. */
export function endpointOf(store: Store, clientConfig: unknown, timeoutSeconds: number): Endpoint {
  const config = isObject(clientConfig) ? clientConfig : {}
  const query = `?timeout=${timeoutSeconds}s`
  if (!isObject(config.service)) {
    const url = new URL(String(config.url))
    const host = url.hostname.replace(/^\[|\]$/g, '')
    return {
      url: `${url.protocol}//${url.host}${url.pathname}${query}`,
      path: `${url.pathname}${query}`,
      serverName: host,
      address: () => ({ host, port: Number(url.port || 443) }),
    }
  }
  const { name, namespace } = config.service
  const path = String(config.service.path || '/')
  const port = Number(config.service.port ?? 443)
  const serverName = `${String(name)}.${String(namespace)}.svc`
  return {
    url: `https://${serverName}:${port}${path}${query}`,
    path: `${path}${query}`,
    serverName,
    address: () => resolveService(store, String(namespace), String(name), port),
  }
}

/** A ready address behind a port of a Service. Cluster IPs are not routed here, so the webhook's pod is asked itself. */
function resolveService(store: Store, namespace: string, name: string, port: number): { host: string; port: number } {
  const service = store.get('/services', `${namespace}/${name}`)?.object
  if (service === undefined) throw new Error(`service ${JSON.stringify(name)} not found`)
  const ports = objectsIn(isObject(service.spec) ? service.spec.ports : undefined)
  const wanted = ports.find((one) => one.port === port)
  if (wanted === undefined) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`)
  for (const { object } of store.entries('discovery.k8s.io/endpointslices')) {
    const owner = object.metadata.labels?.['kubernetes.io/service-name']
    if (object.metadata.namespace !== namespace || owner !== name) continue
    const target = objectsIn(object.ports).find((one) => (one.name ?? '') === (wanted.name ?? ''))
    const address = objectsIn(object.endpoints).flatMap(readyAddress)[0]
    if (address !== undefined && typeof target?.port === 'number') return { host: address, port: target.port }
  }
  throw new Error(`no endpoints available for service ${JSON.stringify(name)}`)
}

function readyAddress(endpoint: JsonObject): string[] {
  const ready = isObject(endpoint.conditions) ? endpoint.conditions.ready !== false : true
  return ready && Array.isArray(endpoint.addresses) ? endpoint.addresses.map(String) : []
}
