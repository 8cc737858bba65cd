/** How an object is written: JSON, indented for people's tools, or YAML. */
import type { IncomingMessage } from 'node:http'
import { stringify } from 'yaml'

/** Go's strconv.ParseBool. */
const isTrue = (text: string) => ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)

/** apiserver's `isPrettyPrint`. */
function wantsIndent(request: IncomingMessage): boolean {
  const asked = /[?&]pretty=([^&]+)/.exec(request.url ?? '')?.[1]
  return asked === undefined ? /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '') : isTrue(asked)
}

/** True when the first thing that the client names, and that is written here, is YAML. */
export function wantsYaml(accept: string | undefined): boolean {
  const first = (accept ?? '')
    .split(',')
    .map((part) => part.split(';')[0]?.trim() ?? '')
    .find((type) => /^(application\/(json|yaml)|\*\/\*|application\/\*)$/.test(type))
  return first === 'application/yaml'
}

/** `json` as `request` wants it. */
export function written(request: IncomingMessage, json: string): { text: string; type: string } {
  if (wantsYaml(request.headers.accept))
    return { text: stringify(JSON.parse(json), { sortMapEntries: true, indentSeq: false }), type: 'application/yaml' }
  const text = wantsIndent(request) ? JSON.stringify(JSON.parse(json), null, 2) : `${json}\n`
  return { text, type: 'application/json' }
}
