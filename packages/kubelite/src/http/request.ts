/** What a request asks for: its path as group, version, resource, name and subresource; its body, bounded. */
import type { IncomingMessage } from 'node:http'
import { type Document, isScalar, parseAllDocuments, visit } from 'yaml'
import { badRequest, type StatusError, tooLarge, unsupportedMediaType } from '../status-error.ts'
import { readJson } from './go-json.ts'

export type ResourcePath = {
  group: string
  version: string
  namespace?: string
  plural: string
  name?: string
  subresource?: string
  rest?: string
}

const maxBodyBytes = 3 * 1024 * 1024

/** Null when the path is not one of a resource. */
export function parseResourcePath(path: string): ResourcePath | null {
  let parts: string[]
  try {
    parts = path.split('/').filter(Boolean).map(decodeURIComponent)
  } catch {
    return null
  }
  const root = parts.shift()
  if (root !== 'api' && root !== 'apis') return null
  const group = root === 'api' ? '' : (parts.shift() ?? '')
  const version = parts.shift()
  const first = parts.shift()
  if (version === undefined || first === undefined || (root === 'apis' && group === '')) return null
  if (first !== 'namespaces' || parts.length < 2 || (group === '' && ['status', 'finalize'].includes(parts[1] ?? ''))) {
    return pathOf({ group, version, plural: first }, parts)
  }
  const [namespace = '', plural = '', ...others] = parts
  return pathOf({ group, version, namespace, plural }, others)
}

function pathOf(base: ResourcePath, rest: readonly string[]): ResourcePath {
  const [name, subresource, ...more] = rest
  return {
    ...base,
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
    ...(more.length > 0 ? { rest: more.join('/') } : {}),
  }
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  // Not destroyed when it is too much: the refusal still has to be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw tooLarge(`Request entity too large: limit is ${maxBodyBytes}`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export const unknownFormat =
  'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf'

export type ReadBody = { value: unknown; duplicates: readonly string[] }
/** Makes the answer for a body that is not readable; `fault` is what the decoder says. */
export type Unreadable = (fault: string) => StatusError

const plainly: Unreadable = (fault) => badRequest(`couldn't get version/kind; json parse error: ${fault}`)

/** Parses JSON or YAML. An empty body is undefined. */
export function parseBody(body: Buffer, contentType: string | undefined, unreadable: Unreadable = plainly): unknown {
  return readDocument(body, contentType, unreadable, false).value
}

/** As `parseBody`, with the fields that come twice (of JSON only where `find` asks for them). */
export function readDocument(
  body: Buffer,
  contentType: string | undefined,
  unreadable: Unreadable,
  find: boolean,
): ReadBody {
  if (body.length === 0) return { value: undefined, duplicates: [] }
  const type = contentType === undefined ? 'application/json' : (contentType.split(';')[0]?.trim() ?? '')
  const text = body.toString('utf8')
  if (type.endsWith('yaml')) return readYaml(text, unreadable)
  if (!type.endsWith('json')) throw unsupportedMediaType(unknownFormat)
  const reading = find ? readJson(text) : undefined
  if (reading?.fault) throw unreadable(reading.fault)
  try {
    return { value: JSON.parse(text), duplicates: reading?.duplicates.map((path) => `duplicate field "${path}"`) ?? [] }
  } catch {
    throw unreadable(readJson(text).fault || 'invalid JSON')
  }
}

/** YAML 1.1 without times, the first document only, as go-yaml reads it. */
function readYaml(text: string, unreadable: Unreadable): ReadBody {
  const [document] = parseAllDocuments(text, {
    version: '1.1',
    uniqueKeys: false,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !/timestamp$/.test(tag.tag)),
  })
  if (document === undefined || !('toJS' in document)) return { value: null, duplicates: [] }
  const [error] = document.errors
  if (error !== undefined) throw unreadable(`yaml: ${error.message.split(' at line')[0]?.split('\n')[0] ?? ''}`)
  try {
    return { value: plainValue(document.toJS({ maxAliasCount: 100 })), duplicates: duplicateKeys(document, text) }
  } catch (error) {
    const told = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'not readable'
    throw unreadable(
      `yaml: ${told.startsWith('Excessive alias count') ? 'document contains excessive aliasing' : told}`,
    )
  }
}

/** Bytes as the text that they hold. */
function plainValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (Array.isArray(value)) return value.map(plainValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainValue(inner)]))
}

function duplicateKeys(document: Document, text: string): string[] {
  const found: string[] = []
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<string>()
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : ''
        const line = isScalar(key) ? text.slice(0, key.range?.[0] ?? 0).split('\n').length : 0
        if (seen.has(name)) found.push(`line ${line}: key ${JSON.stringify(name)} already set in map`)
        seen.add(name)
      }
    },
  })
  return found
}
