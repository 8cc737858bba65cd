/** The folder of the platform's own image: the sources that Node runs, what they depend on, and the built dashboard. */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from './oci.ts'

/** Whose dependencies are in the image. The dashboard brings its own, in what it was built to. */
const processes = ['@keelson/gateway', '@keelson/controller', '@keelson/db']
/** Needed for the installation of packages only, or by nobody in a cluster. */
const left = ['.ci', '.changes', 'bench', 'deploy', 'docs', 'e2e', 'examples', 'python', 'tooling', 'apps/local']

/** Fills `root` with `/keelson` and `/usr/local/bin/node`. Throws when the checkout is not prepared (`npm start` does it). */
export function platformFiles(repository: string, root: string): void {
  const dashboard = 'apps/web/.next/standalone'
  const client = 'packages/db/src/generated'
  for (const made of [dashboard, client]) {
    if (!existsSync(join(repository, made)))
      throw new Error(`${made} is not there: run node tooling/bootstrap/prepare-image.mjs first`)
  }
  const into = join(root, 'keelson')
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: repository, encoding: 'utf8' })
  for (const path of tracked.split('\0').filter((name) => name !== '')) {
    // What is left out still has a place in the lock file, by its package.json.
    const isLeft = left.some((folder) => path.startsWith(`${folder}/`)) && !path.endsWith('/package.json')
    if (isLeft || !existsSync(join(repository, path))) continue
    mkdirSync(dirname(join(into, path)), { recursive: true })
    cpSync(join(repository, path), join(into, path), { verbatimSymlinks: true })
  }
  const filters = processes.flatMap((name) => ['--filter', `${name}...`])
  const install = ['install', '--frozen-lockfile', '--prefer-offline', '--prod', '--ignore-scripts']
  // Copied and not linked: the layer must not share files with the machine's own store.
  run('pnpm', [...install, '--config.package-import-method=copy', ...filters], into, { CI: 'true' })
  for (const folder of left) rmSync(join(into, folder), { recursive: true, force: true })
  cpSync(join(repository, client), join(into, client), { recursive: true })
  rmSync(join(into, 'apps/web'), { recursive: true, force: true })
  cpSync(join(repository, dashboard), join(into, dashboard), { recursive: true, verbatimSymlinks: true })
  const node = join(root, 'usr/local/bin/node')
  mkdirSync(dirname(node), { recursive: true })
  copyFileSync(process.execPath, node)
  chmodSync(node, 0o755)
  run('chmod', ['-R', 'u=rwX,go=rX', into])
}
