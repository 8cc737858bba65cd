/**
 * Writes the description texts of all published kinds from a real API server, compressed, for `kubectl explain`.
 *
 *   node tooling/generators/kubelite-descriptions.ts --kubeconfig FILE --kubectl FILE
 *
 * Source of the committed file: kube-apiserver v1.36.3, `/openapi/v3` (Apache License 2.0, The Kubernetes Authors).
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { brotliCompressSync, constants } from 'node:zlib'

type Schema = { description?: string; properties?: Record<string, Schema> }
type Document = { components?: { schemas?: Record<string, Schema> } }
type Index = { paths: Record<string, { serverRelativeURL: string }> }

const { values } = parseArgs({
  options: { kubeconfig: { type: 'string' }, kubectl: { type: 'string', default: 'kubectl' } },
})
const raw = <T>(path: string): T =>
  JSON.parse(
    execFileSync(values.kubectl, ['--kubeconfig', values.kubeconfig ?? '', 'get', '--raw', path], {
      maxBuffer: 1 << 28,
    }).toString(),
  ) as T

/** Definition → field → text; the definition's own text has the key "". */
const texts: Record<string, Record<string, string>> = {}
for (const name of Object.keys(raw<Index>('/openapi/v3').paths).filter((path) => /^apis?\/.*v\d/.test(path))) {
  for (const [definition, schema] of Object.entries(raw<Document>(`/openapi/v3/${name}`).components?.schemas ?? {})) {
    const found: Record<string, string> = schema.description ? { '': schema.description } : {}
    for (const [field, inner] of Object.entries(schema.properties ?? {}))
      if (inner.description) found[field] = inner.description
    if (definition.startsWith('io.k8s.')) texts[definition] = found
  }
}
const json = JSON.stringify(Object.fromEntries(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1))))
const target = join(import.meta.dirname, '../../packages/kubelite/src/openapi-data/descriptions.json.br')
writeFileSync(target, brotliCompressSync(json, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: json.length } }))
process.stdout.write(`${Object.keys(texts).length} definitions\n`)
