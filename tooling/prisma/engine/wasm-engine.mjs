import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import { MigrationAdapter } from './adapter.mjs'
import { readAddress } from './address.mjs'

/** Where a panic of the engine leaves its text; without this object it would hide behind a TypeError. */
let panic = ''
globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => (panic = message), get: () => panic }

/** A closed port: diffs between files need no database, but the engine wants an address. */
const nowhere = 'postgresql://127.0.0.1:1/none'

/** Opens the WASM schema engine. `call(method, params)` throws an Error with `code`, `meta` and `panic`. */
export async function openEngine({ url, schemaFiles }) {
  const runtime = await loadRuntime()
  const address = readAddress(url || nowhere)
  const adapter = new MigrationAdapter(address.connection, { schema: address.schema })
  const datamodels = schemaFiles.map((file) => [file, readFileSync(file, 'utf8')])
  const engine = await runtime.SchemaEngine.new(
    { datamodels: datamodels.length > 0 ? datamodels : undefined },
    () => {},
    bindMigrationAwareSqlAdapterFactory(adapter),
  )
  return {
    call: async (method, params) => {
      if (typeof engine[method] !== 'function') throw new Error(`Method not found: ${method}`)
      try {
        return await engine[method](params)
      } catch (error) {
        throw Object.assign(new Error(panic || error.message), {
          code: error.code,
          meta: error.meta,
          panic: panic !== '',
        })
      }
    },
    close: () => adapter.dropShadows(),
  }
}

/** By hand, as the package's own entry expects a bundler. */
async function loadRuntime() {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const folder = dirname(entry)
  const runtime = await import(pathToFileURL(join(folder, 'schema_engine_bg.js')).href)
  const module = new WebAssembly.Module(readFileSync(join(folder, 'schema_engine_bg.wasm')))
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': runtime })
  runtime.__wbg_set_wasm(exports)
  exports.__wbindgen_start()
  return runtime
}
