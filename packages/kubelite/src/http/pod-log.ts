/** `pods/log`: the query checked as the real server does, the text from the node. */
import { once } from 'node:events'
import { getEntry } from '../api/read.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { badRequest, unavailable } from '../status-error.ts'
import { queryFlag } from './query-flag.ts'
import type { ResourceCall } from './resource-call.ts'

const names = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(isObject).map((item) => String(item.name)) : []

export async function serveLog(call: ResourceCall): Promise<void> {
  const { server, path, url, response, request } = call
  const entry = getEntry(server.store, call.resource, path.namespace, path.name ?? '')
  const query = url.searchParams
  const container = chooseContainer(
    path.name ?? '',
    isObject(entry.object.spec) ? entry.object.spec : {},
    query.get('container'),
  )
  const number = (name: string) => {
    const text = query.get(name)
    if (text === null || text === '') return undefined
    if (!/^\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
    return Number(text)
  }
  const flag = (name: string) => queryFlag(query, name)
  // A pod without a node has no log yet: an answer without content, as on a real server.
  if (isObject(entry.object.spec) && !entry.object.spec.nodeName) {
    response.statusCode = 204
    return void response.end()
  }
  if (server.node === null) throw unavailable('the node is not ready')
  const abort = new AbortController()
  request.on('close', () => response.writableEnded || abort.abort())
  response.on('close', () => abort.abort())
  const [sinceSeconds, tailLines, limitBytes, sinceTime] = [
    number('sinceSeconds'),
    number('tailLines'),
    number('limitBytes'),
    query.get('sinceTime'),
  ]
  const lines = server.node.readLog(
    { namespace: path.namespace ?? '', name: path.name ?? '', uid: entry.object.metadata.uid ?? '' },
    {
      container,
      previous: flag('previous'),
      follow: flag('follow'),
      timestamps: flag('timestamps'),
      ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
      ...(sinceTime ? { sinceTime } : {}),
      ...(tailLines === undefined ? {} : { tailLines }),
      ...(limitBytes === undefined ? {} : { limitBytes }),
    },
    abort.signal,
  )
  for await (const chunk of lines) {
    if (!response.headersSent)
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' })
    if (!response.write(chunk)) await once(response, 'drain', { signal: abort.signal }).catch(() => {})
    if (abort.signal.aborted) break
  }
  if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'text/plain' })
  response.end()
}

function chooseContainer(pod: string, spec: JsonObject, asked: string | null): string {
  const main = names(spec.containers)
  const all = [...names(spec.initContainers), ...main]
  if (!asked) {
    if (main.length === 1) return main[0] ?? ''
    const inits = names(spec.initContainers)
    throw badRequest(
      `a container name must be specified for pod ${pod}, choose one of: [${main.join(' ')}]${inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : ''}`,
    )
  }
  if (!all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${pod}`)
  return asked
}
