/** Watches over HTTP: one JSON object a line, bookmarks, time limit, slow clients dropped. */

import { checkVersion, jsonFor } from '../api/read.ts'
import { compileFilter } from '../api/selection.ts'
import { bookmarkJson, startWatch, type WatchSignal } from '../api/watch.ts'
import { forbiddenField, notSupported } from '../kinds/field-errors.ts'
import { invalidOptions, StatusError, toStatusError } from '../status-error.ts'
import { queryFlag } from './query-flag.ts'
import { listOptions, objectIn, type ResourceCall, wantedForm } from './resource-call.ts'
import { toTable } from './table.ts'

const bookmarkEveryMs = 30_000
/** A client that has not read this much is closed: it lists again, as after any lost connection. */
const maxBacklogBytes = 32 * 1024 * 1024

export async function serveWatch(call: ResourceCall): Promise<void> {
  const { url, response, server, resource } = call
  const options = listOptions(call)
  const query = url.searchParams
  const bookmarks = queryFlag(query, 'allowWatchBookmarks')
  const sendInitial = query.get('sendInitialEvents')
  checkInitialOptions(sendInitial, options.resourceVersionMatch)
  checkVersion(options.resourceVersion)
  // From no version a watch begins with what is there, which is never in pages.
  if (options.continue && Number(options.resourceVersion ?? 0) === 0)
    throw invalidOptions('ListOptions', [
      forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'),
    ])
  const fieldSelector = call.path.name === undefined ? options.fieldSelector : `metadata.name=${call.path.name}`
  const filter = compileFilter(resource, { ...options, fieldSelector })
  const seconds = Number(query.get('timeoutSeconds') ?? 0) || 1800 + Math.random() * 1800
  const form = wantedForm(call)

  response.statusCode = 200
  response.setHeader('Content-Type', 'application/json')
  response.setHeader('Cache-Control', 'no-cache, private')
  response.socket?.setNoDelay(true)
  let withHeaders = true
  const shapeOf = (signal: WatchSignal): string => {
    if (form === 'plain') return jsonFor(resource, signal.entry)
    const object = objectIn(resource, signal.entry)
    if (form === 'PartialObjectMetadata')
      return JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata })
    const table = toTable(resource, [object], {
      includeObject: query.get('includeObject') ?? 'Metadata',
      noHeaders: !withHeaders,
      listMeta: { resourceVersion: object.metadata.resourceVersion },
      now: server.clock.now(),
    })
    withHeaders = false
    return JSON.stringify(table)
  }
  const send = (type: string, json: string) => {
    if (response.writableLength > maxBacklogBytes) return void response.destroy()
    response.write(`{"type":"${type}","object":${json}}\n`)
  }
  const initialEnd =
    queryFlag(query, 'sendInitialEvents') && bookmarks
      ? (version: number) => send('BOOKMARK', bookmarkJson(resource, version, true))
      : undefined
  const initial = sendInitial === null ? undefined : queryFlag(query, 'sendInitialEvents')
  let stop: () => void
  try {
    response.flushHeaders()
    stop = startWatch(
      server.store,
      resource,
      filter,
      {
        resourceVersion:
          options.resourceVersion ?? (initial === false ? String(server.store.resourceVersion) : undefined),
        ...(initial === undefined ? {} : { initial }),
      },
      (signal) => send(signal.type, shapeOf(signal)),
      initialEnd,
    )
  } catch (error) {
    return failBeforeStart(call, error)
  }
  const bookmark = () => bookmarks && send('BOOKMARK', bookmarkJson(resource, server.store.resourceVersion))
  const timer = setInterval(bookmark, bookmarkEveryMs)
  await ended(call, seconds * 1000)
  clearInterval(timer)
  stop()
  bookmark()
  response.end()
}

/** A version that is gone is told in the stream, as the real server's cache does. */
function failBeforeStart(call: ResourceCall, error: unknown): void {
  call.response.end(`${JSON.stringify({ type: 'ERROR', object: toStatusError(error).toBody() })}\n`)
}

function ended(call: ResourceCall, afterMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(afterMs, 2 ** 31 - 1))
    const finish = () => {
      clearTimeout(timer)
      call.server.closing.removeEventListener('abort', finish)
      resolve()
    }
    call.response.on('close', finish)
    call.server.closing.addEventListener('abort', finish)
  })
}

function checkInitialOptions(sendInitial: string | null, match: string | undefined): void {
  const refuse = (field: string, message: string) =>
    new StatusError(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${field}: Forbidden: ${message}`, {
      group: 'meta.k8s.io',
      kind: 'ListOptions',
      causes: [{ reason: 'FieldValueForbidden', message: `Forbidden: ${message}`, field }],
    })
  if (sendInitial !== null) {
    if (match !== 'NotOlderThan')
      throw refuse('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  } else if (match !== undefined)
    throw invalidOptions('ListOptions', [
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
      ...(match === 'NotOlderThan' ? [] : [notSupported('resourceVersionMatch', match, ['NotOlderThan'])]),
    ])
}
