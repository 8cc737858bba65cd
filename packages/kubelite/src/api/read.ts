/** get and list over the durable state, with pages and snapshots of kept versions. */

import { notSupported } from '../kinds/field-errors.ts'
import { apiVersionOf, type Resource, storageKey } from '../registry/resource.ts'
import { badRequest, gone, invalidOptions, notFound, StatusError } from '../status-error.ts'
import { byCodeUnit, firstNotBelow, rangeOf } from '../store/sorted-keys.ts'
import type { Entry, Store } from '../store/store.ts'
import { keyOf } from '../store/store.ts'
import { compileFilter } from './selection.ts'
import type { ListOptions } from './types.ts'

/** The JSON of an entry in the version that was asked for (CRDs and views have more than one). */
export function jsonFor(resource: Resource, entry: Entry): string {
  if (resource.view !== undefined) return JSON.stringify(resource.view.show(entry.object))
  if (resource.custom === undefined || resource.custom.storageVersion === resource.version) return entry.json
  return JSON.stringify({ ...entry.object, apiVersion: apiVersionOf(resource) })
}

/** As `jsonFor`, for an item of a list: items of built-in kinds do not say what they are, the list does. */
export function itemJson(resource: Resource, entry: Entry): string {
  const json = jsonFor(resource, entry)
  const head = `{"apiVersion":"${apiVersionOf(resource)}","kind":"${resource.kind}",`
  return resource.custom === undefined && json.startsWith(head) ? `{${json.slice(head.length)}` : json
}

export function getEntry(store: Store, resource: Resource, namespace: string | undefined, name: string): Entry {
  const entry = store.get(storageKey(resource), keyOf(resource.namespaced ? namespace : undefined, name))
  if (entry === undefined) throw notFound(resource, name)
  return entry
}

export type Page = { entries: Entry[]; resourceVersion: number; continue?: string; remaining?: number }

/** What a list reads: the present, or the state at an earlier version. `keys` ascend. */
type View = { keys: readonly string[]; get(key: string): Entry | undefined }

/** Entries in key order. Throws Expired when a continued page's version is no longer kept. */
export function listEntries(store: Store, resource: Resource, options: ListOptions): Page {
  const filter = compileFilter(resource, options)
  const token = options.continue ? parseContinue(options.continue) : undefined
  checkVersionOptions(options, token !== undefined)
  const limit = options.limit && options.limit > 0 ? options.limit : Number.POSITIVE_INFINITY
  const version = exactVersion(options) ?? token?.rv ?? newestAsked(store, options)
  const table = storageKey(resource)
  const view =
    version === store.resourceVersion
      ? { keys: store.keys(table), get: (key: string) => store.get(table, key) }
      : snapshot(store, table, version, token !== undefined)
  const [first, end] = rangeOf(view.keys, resource.namespaced && options.namespace ? `${options.namespace}/` : '')
  let at = token === undefined ? first : Math.max(first, firstNotBelow(view.keys, `${token.after}\u0000`))
  const entries: Entry[] = []
  for (; at < end; at += 1) {
    const entry = view.get(view.keys[at] ?? '')
    if (entry === undefined || !filter.matches(entry.object)) continue
    entries.push(entry)
    // Whether anything of the rest matches is not looked at, as on a real server: the last page may be empty.
    if (entries.length === limit && at + 1 < end)
      return { ...cutPage(entries, version), ...(filter.all ? { remaining: end - at - 1 } : {}) }
  }
  return { entries, resourceVersion: version }
}

function cutPage(entries: Entry[], version: number): Page {
  const token = { v: 'meta.k8s.io/v1', rv: version, start: `${entries.at(-1)?.key ?? ''}\u0000` }
  return {
    entries,
    resourceVersion: version,
    continue: Buffer.from(JSON.stringify(token)).toString('base64url'),
  }
}

/** Throws BadRequest for a version that is no number. */
export function checkVersion(version: string | undefined): void {
  if (!version || /^\d+$/.test(version)) return
  const text = JSON.stringify(version)
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: ${text}: strconv.ParseUint: parsing ${text}: invalid syntax`,
  )
}

function checkVersionOptions(options: ListOptions, continued: boolean): void {
  const { resourceVersion, resourceVersionMatch: match } = options
  const invalidOption = (detail: string) =>
    new StatusError(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${detail}`, {
      group: 'meta.k8s.io',
      kind: 'ListOptions',
      causes: [
        {
          reason: 'FieldValueForbidden',
          message: detail.slice(detail.indexOf(':') + 2),
          field: detail.slice(0, detail.indexOf(':')),
        },
      ],
    })
  if (match && !['Exact', 'NotOlderThan'].includes(match))
    throw invalidOptions('ListOptions', [notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', ''])])
  checkVersion(resourceVersion)
  if (match && continued)
    throw invalidOption('resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided')
  if (match && !resourceVersion)
    throw invalidOption(
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    )
  if (match === 'Exact' && resourceVersion === '0')
    throw invalidOption(
      'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    )
  if (continued && resourceVersion && resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue')
}

/** Asked for as such; or by a limit with a version that does not say how it is meant. */
function exactVersion(options: ListOptions): number | undefined {
  const { resourceVersion: version, resourceVersionMatch: match, limit } = options
  const isPage = match === undefined && Boolean(limit) && Number(version ?? 0) > 0 && !options.continue
  return match === 'Exact' || isPage ? Number(version) : undefined
}

function newestAsked(store: Store, options: ListOptions): number {
  const atLeast = Number(options.resourceVersion ?? 0)
  if (!options.continue && atLeast > store.resourceVersion) store.since('/', atLeast)
  return store.resourceVersion
}

function parseContinue(text: string): { rv: number; after: string } {
  const refused = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`)
  const good = /^(?:[\w-]{4})*(?:[\w-]{2,3})?/.exec(text)?.[0].length ?? 0
  if (good < text.length) throw refused(`illegal base64 data at input byte ${good}`)
  let token: { v?: unknown; rv?: unknown; start?: unknown } = {}
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString()) as typeof token
    if (token.v === 'meta.k8s.io/v1' && typeof token.rv === 'number' && typeof token.start === 'string')
      return { rv: token.rv, after: token.start.slice(0, -1) }
  } catch {
    // Falls through to the one answer for every unreadable token.
  }
  throw refused(`server does not recognize this encoded version ${typeof token?.v === 'string' ? token.v : ''}`)
}

/** The state as it was at `version`: the present one with the later changes taken back. */
function snapshot(store: Store, resource: string, version: number, continued: boolean): View {
  let events: ReturnType<Store['since']>
  try {
    events = store.since(resource, version)
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 410) throw error
    throw gone(
      continued
        ? 'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.'
        : 'The resourceVersion for the provided list is too old.',
    )
  }
  const before = new Map(events.reverse().map((event) => [event.entry.key, event.previous]))
  const get = (key: string) => (before.has(key) ? before.get(key) : store.get(resource, key))
  if (before.size === 0) return { keys: store.keys(resource), get }
  const keys = new Set([...store.keys(resource), ...before.keys()])
  return { keys: [...keys].filter((key) => get(key) !== undefined).sort(byCodeUnit), get }
}
