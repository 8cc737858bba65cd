/** `metrics.k8s.io`: what nodes and pods use now, as the metrics-server says it, from what the node measures. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { getEntry, listEntries } from '../api/read.ts'
import type { NodeUsage, Usage } from '../client.ts'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import { methodNotAllowed, notFound, StatusError, unavailable } from '../status-error.ts'
import { sendJson } from './context.ts'
import { listOptions, type ResourceCall, wantedForm } from './resource-call.ts'
import { toTable } from './table.ts'

export async function serveMetrics(call: ResourceCall, verb: string): Promise<void> {
  if (verb !== 'get' && verb !== 'list') throw methodNotAllowed()
  const { server, resource, path } = call
  if (server.node === null) throw unavailable('the node is not ready')
  const measured = server.registry.find({ group: '', version: 'v1', plural: resource.plural })
  if (measured === undefined) throw notFound(resource, path.name ?? '')
  const usage = await server.node.usage()
  const objects = entriesOf(call, measured).flatMap(
    ({ object }) => (resource.namespaced ? podMetrics : nodeMetrics)(resource, object, usage) ?? [],
  )
  if (verb === 'list') return sendList(call, objects)
  const [only] = objects
  if (only === undefined) throw notMeasured(call)
  sendJson(call.response, 200, only)
}

/** Selectors are those of the pods and nodes themselves. */
function entriesOf(call: ResourceCall, measured: Resource): { object: KubeObject }[] {
  const { server, path } = call
  if (path.name === undefined) return listEntries(server.store, measured, listOptions(call)).entries
  try {
    return [getEntry(server.store, measured, path.namespace, path.name)]
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) throw notMeasured(call)
    throw error
  }
}

/** `podmetrics.metrics.k8s.io "namespace/name" not found` */
function notMeasured({ resource, path }: ResourceCall): StatusError {
  const name = [path.namespace, path.name].filter(Boolean).join('/')
  return notFound({ group: resource.group, plural: resource.kind.toLowerCase() }, name)
}

function sendList(call: ResourceCall, items: KubeObject[]): void {
  const { resource, response, server, url } = call
  if (wantedForm(call) !== 'Table')
    return void sendJson(response, 200, {
      kind: resource.listKind,
      apiVersion: apiVersionOf(resource),
      metadata: {},
      items,
    })
  const includeObject = url.searchParams.get('includeObject') ?? 'Metadata'
  sendJson(response, 200, toTable(resource, items, { includeObject, listMeta: {}, now: server.clock.now() }))
}

function podMetrics(resource: Resource, pod: KubeObject, usage: NodeUsage): KubeObject | null {
  const found = usage.pods.find((each) => each.pod.uid === pod.metadata.uid)
  if (found === undefined) return null
  const containers = found.containers.map(({ name, ...amounts }) => ({ name, usage: quantities(amounts) }))
  return { ...head(resource, pod, usage), containers }
}

function nodeMetrics(resource: Resource, node: KubeObject, usage: NodeUsage): KubeObject | null {
  if (node.metadata.name !== usage.nodeName) return null
  return { ...head(resource, node, usage), usage: quantities(usage.node) }
}

function head(resource: Resource, { metadata }: KubeObject, usage: NodeUsage): KubeObject & Record<string, unknown> {
  const at = `${usage.at.toISOString().slice(0, 19)}Z`
  const { name = '', namespace, labels } = metadata
  return {
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: { name, ...(namespace ? { namespace } : {}), creationTimestamp: at, ...(labels ? { labels } : {}) },
    timestamp: at,
    window: `${(usage.windowMs / 1000).toFixed(3)}s`,
  }
}

/** In billionths of a core and KiB, the metrics-server's units. */
const quantities = ({ cpu, memory }: Usage) => ({
  cpu: `${Math.round(cpu * 1e9)}n`,
  memory: `${Math.round(memory / 1024)}Ki`,
})
