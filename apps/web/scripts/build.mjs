/** Builds the dashboard and puts its static files beside the standalone server, so that one folder runs on its own. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const web = join(dirname(fileURLToPath(import.meta.url)), '..')
const next = createRequire(join(web, 'package.json')).resolve('next/dist/bin/next')
const built = spawnSync(process.execPath, [next, 'build'], {
  cwd: web,
  stdio: 'inherit',
  // biome-ignore lint/style/noProcessEnv: a build script hands the environment on
  env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
})
if (built.status !== 0) process.exit(built.status ?? 1)

const standalone = join(web, '.next/standalone/apps/web')
for (const [from, to] of [
  ['.next/static', '.next/static'],
  ['public', 'public'],
]) {
  if (!existsSync(join(web, from))) continue
  rmSync(join(standalone, to), { recursive: true, force: true })
  cpSync(join(web, from), join(standalone, to), { recursive: true })
}
