/**
 * Writes the field numbers of the built-in kinds, so that kubelite can read what Go clients send as protobuf.
 *
 *   go mod download -json k8s.io/api@v0.36.3 k8s.io/apimachinery@v0.36.3   (in a folder with a go.mod)
 *   node tooling/generators/kubelite-protobuf.ts --modules FOLDER          (the folder that holds k8s.io/)
 *
 * Types and numbers come from `generated.proto`; JSON names, pointers and inlining from the struct tags of `types.go`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { servedTypes } from './kubelite-types.ts'

const target = join(import.meta.dirname, '../../packages/kubelite/src/openapi-data/protobuf-fields.json')
const roots = [...servedTypes, 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions']

/** number, JSON name, type, and flags: r repeated, m map, p pointer, i inline, o omitempty. */
type Field = [number, string, string, string]
const { values } = parseArgs({ options: { modules: { type: 'string' } } })
const messages = new Map<string, Field[]>()

function* protoFiles(folder: string): Iterable<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* protoFiles(path)
    else if (entry.name === 'generated.proto') yield path
  }
}

const openApiName = (name: string) =>
  name.replace(/^k8s\.io\./, 'io.k8s.').replace('apiextensions_apiserver', 'apiextensions-apiserver')

type Tag = { json: string; flags: string }
/** `Struct number` → what its Go field says. */
function tagsOf(folder: string): Map<string, Tag> {
  const tags = new Map<string, Tag>()
  for (const file of readdirSync(folder).filter(
    (name) => name.endsWith('.go') && !name.startsWith('zz_') && !name.includes('.pb.'),
  )) {
    let struct = ''
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      struct = /^type (\w+) struct/.exec(line)?.[1] ?? struct
      const match = /^\t(?:\w+\s+)?(\S+)\s+`.*?json:"([^"]*)".*?protobuf:"\w+,(\d+),/.exec(line)
      if (match === null) continue
      const [, type = '', json = '', number = ''] = match
      const [name = '', ...options] = json.split(',')
      const flags = `${type.startsWith('*') ? 'p' : ''}${name === '' || options.includes('inline') ? 'i' : ''}${options.includes('omitempty') ? 'o' : ''}`
      tags.set(`${struct} ${number}`, { json: name, flags })
    }
  }
  return tags
}

for (const file of protoFiles(join(values.modules ?? '.', 'k8s.io'))) {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\/.*$/gm, '')
  const scope = /^package ([\w.]+);/m.exec(text)?.[1] ?? ''
  const tags = tagsOf(dirname(file))
  const nameOf = (type: string) => {
    if (/^(string|bytes|bool|double|u?int(32|64))$/.test(type)) return type
    return openApiName(type.startsWith('.') ? type.slice(1) : type.includes('.') ? type : `${scope}.${type}`)
  }
  for (const message of text.matchAll(/^message (\w+) \{([^}]*)\}/gm)) {
    const [, name = '', body = ''] = message
    const fields: Field[] = []
    for (const field of body.matchAll(
      /(optional|repeated|map<\s*string,\s*([\w.]+)>)\s*([\w.]+)?\s+(\w+)\s*=\s*(\d+)/g,
    )) {
      const [, label = '', mapType, type, protoName = '', number = ''] = field
      const tag = tags.get(`${name} ${number}`)
      const kind = label.startsWith('map') ? 'm' : label === 'repeated' ? 'r' : ''
      fields.push([Number(number), tag?.json || protoName, nameOf(mapType ?? type ?? ''), `${kind}${tag?.flags ?? ''}`])
    }
    messages.set(openApiName(`${scope}.${name}`), fields)
  }
}

const kept = new Map<string, Field[]>()
const queue = [...roots]
for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
  const fields = messages.get(name)
  if (kept.has(name) || fields === undefined) continue
  kept.set(name, fields)
  queue.push(...fields.map(([, , type]) => type))
}
writeFileSync(target, `${JSON.stringify(Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1))))}\n`)
process.stdout.write(`${kept.size} messages; missing: ${roots.filter((root) => !kept.has(root)).join(' ') || 'none'}\n`)
