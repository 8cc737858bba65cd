/**
 * What a first visit of each page loads: the scripts of its route, gzipped as a server would send them, against the budget.
 * Reads the last build of the dashboard (apps/web/.next). `node bench/web-size.mjs [--chunks]`; exit 1 where a page is over.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'

const budgetKb = 250
const build = join(import.meta.dirname, '../apps/web/.next')
const stats = join(build, 'diagnostics/route-bundle-stats.json')
if (!existsSync(stats)) {
  console.error(
    'There is no build of the dashboard yet: start Keelson once, or run `pnpm --filter @keelson/web build`.',
  )
  process.exit(2)
}

const sizes = new Map()
/** The gzipped size in bytes of a script of the build. */
function sizeOf(path) {
  const known = sizes.get(path)
  if (known !== undefined) return known
  const size = gzipSync(readFileSync(path)).length
  sizes.set(path, size)
  return size
}

// Polyfills are `noModule`: no browser that runs the dashboard fetches them.
const polyfills = new Set(
  JSON.parse(readFileSync(join(build, 'build-manifest.json'), 'utf8')).polyfillFiles.map((path) => basename(path)),
)
const rows = JSON.parse(readFileSync(stats, 'utf8')).map(({ route, firstLoadChunkPaths }) => {
  const files = firstLoadChunkPaths
    .map((path) => join(build, '..', path))
    .filter((path) => !polyfills.has(basename(path)))
  return { route, files, kb: files.reduce((sum, path) => sum + sizeOf(path), 0) / 1000 }
})

for (const { route, files, kb } of rows.sort((a, b) => b.kb - a.kb)) {
  console.log(`${kb.toFixed(1).padStart(7)} kB ${kb > budgetKb ? 'OVER' : 'ok  '} ${route}`)
  if (process.argv.includes('--chunks'))
    for (const path of files) console.log(`          ${(sizeOf(path) / 1000).toFixed(1).padStart(6)} ${basename(path)}`)
}
process.exit(rows.some((row) => row.kb > budgetKb) ? 1 : 0)
