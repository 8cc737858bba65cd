/** Where a webhook's `clientConfig` leads: a URL, or a ready endpoint of a Service. */
import { isObject, type JsonObject } from '../../schema/node.ts'
import type { Store } from '../../store/store.ts'
import { objectsIn } from '../plugin.ts'

export type Endpoint = {
  /** As errors name it. */
  url: string
  host: string
  port: number
  path: string
  /** The name that the certificate must hold. */
  serverName: string
}

/** Throws an Error that says why there is none. `timeoutSeconds` is told to the webhook in its query. */
export function endpointOf(store: Store, clientConfig: unknown, timeoutSeconds: number): Endpoint {
  const config = isObject(clientConfig) ? clientConfig : {}
  const query = `?timeout=${timeoutSeconds}s`
  if (!isObject(config.service)) {
    const url = new URL(String(config.url))
    const path = `${url.pathname}${query}`
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const port = Number(url.port || 443)
    const shown = `${url.protocol}//${url.host}${String(config.url).endsWith('/') || url.pathname !== '/' ? url.pathname : ''}`
    return { url: `${shown}${query}`, host, port, path, serverName: host }
  }
  const { name, namespace, path = '' } = config.service
  const port = Number(config.service.port ?? 443)
  const serverName = `${String(name)}.${String(namespace)}.svc`
  const at = resolveService(store, String(namespace), String(name), port)
  return {
    url: `https://${serverName}:${port}${String(path)}${query}`,
    ...at,
    path: `${String(path) || '/'}${query}`,
    serverName,
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
