/** What a client is ready to read (`Accept`), and the refusal when it is nothing that the server writes. */
import { notAcceptable } from '../status-error.ts'
import type { Call } from './context.ts'

const written = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const forms = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'])

type Range = { type: string; parameters: ReadonlyMap<string, string> }

function rangesOf(accept: string): Range[] {
  return accept
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim())
      return { type, parameters: new Map(parameters.map((piece) => piece.split('=', 2) as [string, string])) }
    })
}

/** Throws NotAcceptable. Answers are JSON, which clients that ask for protobuf or YAML first read as well. */
export function requireAcceptable(call: Call, verb: string, custom: boolean): void {
  const ranges = rangesOf(call.request.headers.accept ?? '')
  if (ranges.length === 0 || ranges.some((range) => isWritten(range))) return
  if (custom || ranges.some((range) => written.includes(range.type)))
    throw notAcceptable(written, `only the following media types are accepted: ${written.join(', ')}`)
  const streams = written.filter((type) => !type.endsWith('yaml')).map((type) => `${type};stream=watch`)
  throw notAcceptable(verb === 'watch' ? streams : verb === 'list' ? [...written, ...streams] : written)
}

function isWritten({ type, parameters }: Range): boolean {
  if (type === '*/*') return true
  if (!written.includes(type)) return false
  const form = parameters.get('as')
  if (form === undefined) return true
  if (!forms.has(form)) return false
  return (
    (parameters.get('g') ?? 'meta.k8s.io') === 'meta.k8s.io' && ['v1', 'v1beta1'].includes(parameters.get('v') ?? 'v1')
  )
}
