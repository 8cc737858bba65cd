/** Installs and builds what is missing: every step only when its inputs changed, and marked done only when complete. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { withBuildLock } from './build-lock.mjs'
import { fingerprint, isDone, markDone } from './fingerprint.mjs'
import { ensureNode, ensurePnpm, toolEnvironment } from './node-tools.mjs'
import { marks, root } from './paths.mjs'
import { step } from './progress.mjs'
import { runTool } from './run-tool.mjs'

const installInputs = ['pnpm-lock.yaml', 'pnpm-workspace.yaml']
const prismaInputs = ['prisma/schema', 'pnpm-lock.yaml']
const webInputs = [
  'apps/web',
  'packages/ui',
  'packages/contracts/src',
  'packages/process/src',
  'packages/api/src',
  'pnpm-lock.yaml',
]

/** True when nothing has to be installed before the platform's own commands can run. */
export function isInstalled() {
  return isDone('install', installFingerprint())
}

/** Makes the checkout ready to run and returns the Node to run it with. */
export async function prepare({ web }) {
  const node = await ensureNode()
  await withBuildLock(async () => {
    await install(node)
    await generateClient(node)
    if (web) await buildWeb(node)
  })
  return node
}

function installFingerprint() {
  return fingerprint(installInputs, `${process.platform} ${process.arch}`)
}

async function install(node) {
  const wanted = installFingerprint()
  if (isDone('install', wanted)) return
  const pnpm = await ensurePnpm()
  const title = 'Installing packages'
  const args = [
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
    '--reporter=append-only',
    '--config.fetch-retries=2',
    '--config.fetch-retry-mintimeout=1000',
  ]
  const options = {
    cwd: root,
    env: toolEnvironment(node, { CI: 'true' }),
    logFile: join(marks, 'install.log'),
    shell: process.platform === 'win32',
  }
  await step(title, () => runTool(title, pnpm, args, options))
  markDone('install', wanted)
}

async function generateClient(node) {
  const wanted = fingerprint(prismaInputs)
  if (isDone('prisma', wanted) && existsSync(join(root, 'packages/db/src/generated/client.ts'))) return
  const title = 'Generating the database client'
  const options = { cwd: root, env: toolEnvironment(node), logFile: join(marks, 'prisma.log') }
  await step(title, () => runTool(title, node, [join(root, 'tooling/prisma/prisma.mjs'), 'generate'], options))
  markDone('prisma', wanted)
}

async function buildWeb(node) {
  const app = join(root, 'apps/web')
  const built = join(app, '.next/standalone/apps/web')
  const wanted = fingerprint(webInputs)
  if (isDone('web', wanted) && existsSync(join(built, 'server.js'))) return
  const title = 'Building the dashboard'
  const options = { cwd: app, env: toolEnvironment(node), logFile: join(marks, 'web.log') }
  await step(title, () => runTool(title, node, [join(app, 'scripts/build.mjs')], options))
  markDone('web', wanted)
}
