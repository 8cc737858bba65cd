#!/usr/bin/env node
/**
 * Stands in for Prisma's native schema engine, which would have to be downloaded: it speaks the same JSON-RPC over
 * standard input and output, and lets the WASM build of that engine work through the pg driver adapter. Uses internals
 * of exactly the Prisma version pinned in the catalog; `schema-engine.int.test.ts` holds it. For developers only: the
 * platform applies migrations with `packages/db/src/migrate.ts`.
 */
import { createInterface } from 'node:readline'
import { runDatabaseCommand } from './engine/database-command.mjs'
import { openEngine } from './engine/wasm-engine.mjs'

const args = process.argv.slice(2)
const valuesOf = (flag) => args.flatMap((argument, index) => (argument === flag ? [args[index + 1]] : []))
const datasource = JSON.parse(valuesOf('--datasource')[0] ?? '{}')
const url = datasource.url ?? ''

if (args.includes('cli')) process.exit(await runDatabaseCommand(args[args.indexOf('cli') + 1], url))

let opened
const engine = () => (opened ??= openEngine({ url, schemaFiles: valuesOf('--datamodels') }))
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)

/** The WASM engine names this one method differently. */
const renamed = { getDatabaseVersion: 'version' }

async function answer(request) {
  const { call } = await engine()
  const result = await call(renamed[request.method] ?? request.method, request.params)
  // The native engine prints a diff by asking its client to; the WASM engine returns the text.
  if (request.method === 'diff' && result?.stdout) {
    send({ method: 'print', params: { content: result.stdout }, id: 1_000_000 + request.id })
  }
  send({ result: result ?? null, id: request.id })
}

function fail(request, error) {
  const data = {
    is_panic: Boolean(error.panic),
    message: error.message,
    meta: error.meta ?? null,
    error_code: error.code ?? null,
  }
  send({ error: { code: 4466, message: 'An error happened. Check the data field for details.', data }, id: request.id })
}

let queue = Promise.resolve()
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const request = parse(line)
  if (request?.method === undefined) return
  queue = queue.then(() => answer(request).catch((error) => fail(request, error)))
})
lines.on('close', async () => {
  await queue
  if (opened) await (await opened).close()
  process.exit(0)
})

function parse(line) {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
