/** What is asked of a volume's file server, and what of its answer goes back. The server's pod is a tenant's: its word is not trusted. Pure. */
import type { IncomingMessage } from 'node:http'
import { AppError } from '@keelson/process/app-error'
import type { HeaderList } from '../front/exchange.ts'

export type FilesCall = {
  /** What it does, for the audit trail; null for what changes nothing. */
  change: string | null
  /** The answer is a file's content, not JSON. */
  isContent: boolean
  keys: readonly string[]
}

const reads = (keys: readonly string[], isContent = false): FilesCall => ({ change: null, isContent, keys })
const changes = (change: string, keys: readonly string[]): FilesCall => ({ change, isContent: false, keys })

/** The one table of what a person may ask: by method and last part of the address. */
export const filesCalls: Readonly<Record<string, FilesCall>> = {
  'GET list': reads(['path', 'after', 'limit']),
  'GET file': reads(['path'], true),
  'GET archive': reads(['path'], true),
  'GET upload': reads(['id']),
  'PUT upload': changes('upload', ['path', 'id', 'offset', 'total', 'overwrite']),
  'DELETE upload': reads(['id']),
  'POST folder': changes('make a folder', ['path']),
  'POST move': changes('move', ['path', 'to']),
  'DELETE entry': changes('delete', ['path']),
}

export function findFilesCall(method: string, name: string): FilesCall {
  const key = `${method} ${name}`
  const found = Object.hasOwn(filesCalls, key) ? filesCalls[key] : undefined
  if (found === undefined) throw new AppError('not_found', `There is nothing at ${key}.`)
  return found
}

/** The known fields alone, each once. */
export function filesQuery({ keys }: FilesCall, query: URLSearchParams): Record<string, string> {
  return Object.fromEntries(keys.flatMap((key) => (query.has(key) ? [[key, query.get(key) ?? '']] : [])))
}

/** Pictures that no browser runs anything in; an SVG is none of them. */
const pictures: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  bmp: 'image/bmp',
}

const passed = ['content-length', 'content-range', 'accept-ranges', 'last-modified']

/** `isShown`: to be looked at in the page, not saved. Whatever the file is, a browser takes it for a picture or for plain text. */
export function filesAnswer(
  answer: Pick<IncomingMessage, 'statusCode' | 'headers'>,
  { call, path, name, isShown }: { call: FilesCall; path: string; name: string; isShown: boolean },
): HeaderList {
  const kept = passed.flatMap((key) => {
    const value = answer.headers[key]
    return typeof value === 'string' ? [[key, value] as const] : []
  })
  const safe = [
    ['x-content-type-options', 'nosniff'],
    ['content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox"],
    ['cross-origin-resource-policy', 'same-origin'],
    ['referrer-policy', 'no-referrer'],
    ['cache-control', 'no-store'],
  ] as const
  const isOk = answer.statusCode === 200 || answer.statusCode === 206
  if (!call.isContent || !isOk) return [...kept, ['content-type', 'application/json'], ...safe]
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase()
  const type = Object.hasOwn(pictures, extension) ? pictures[extension] : undefined
  if (isShown) return [...kept, ['content-type', type ?? 'text/plain; charset=utf-8'], ...safe]
  return [...kept, ['content-type', 'application/octet-stream'], ['content-disposition', savedAs(name)], ...safe]
}

/** RFC 6266 and 8187: a name in any writing. */
export function savedAs(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16)}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
