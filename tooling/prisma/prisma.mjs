/**
 * `pnpm prisma …` and `pnpm db:generate`: the unmodified Prisma CLI with our schema engine, so that nothing is
 * downloaded. Commands that reach a database take its address from DATABASE_URL.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'

const here = import.meta.dirname
const root = join(here, '../..')
const engine = join(here, 'schema-engine.mjs')

/** Runs the Prisma CLI in the repository's root; the options are spawnSync's. */
export function prisma(args, options = {}) {
  chmodSync(engine, 0o755)
  const manifest = createRequire(join(root, 'package.json')).resolve('prisma/package.json')
  const env = {
    ...process.env,
    // The engine is run by its first line, so the `node` it finds must be the one that runs this.
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
    PRISMA_SCHEMA_ENGINE_BINARY: engine,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
    ...options.env,
  }
  return spawnSync(process.execPath, [join(dirname(manifest), 'build/index.js'), ...args], {
    cwd: root,
    stdio: 'inherit',
    ...options,
    env,
  })
}

if (process.argv[1] === import.meta.filename) process.exit(prisma(process.argv.slice(2)).status ?? 1)
