/** What a request asks for: its path as group, version, resource, name and subresource; its body, bounded. */
import type { IncomingMessage } from 'node:http'
import { parse as parseYaml } from 'yaml'
import { badRequest, tooLarge, unsupportedMediaType } from '../status-error.ts'

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
    if (size > maxBodyBytes) throw tooLarge(`Request body is too large: limit is ${maxBodyBytes}`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Parses JSON or YAML. An empty body is undefined. */
export function parseBody(body: Buffer, contentType: string | undefined): unknown {
  if (body.length === 0) return undefined
  const type = (contentType ?? 'application/json').split(';')[0]?.trim() ?? ''
  const text = body.toString('utf8')
  if (type.endsWith('yaml')) {
    try {
      return parseYaml(text, { maxAliasCount: 100 })
    } catch (error) {
      throw badRequest(
        `error converting YAML to JSON: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'not readable'}`,
      )
    }
  }
  if (type !== '' && !type.endsWith('json')) {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml`,
    )
  }
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest(`couldn't get version/kind; json parse error: the body is not valid JSON`)
  }
}
