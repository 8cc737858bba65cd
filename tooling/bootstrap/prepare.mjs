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
  const parts = [installStep, clientStep, ...(web ? [webStep] : [])]
  // Without the lock: a checkout that only others may write is fine when it is ready.
  if (parts.every((part) => part().isDone())) return node
  await withBuildLock(async () => {
    for (const part of parts) {
      const { name, wanted, isDone, run } = part()
      if (isDone()) continue
      await run(node)
      markDone(name, wanted)
    }
  })
  return node
}

function installFingerprint() {
  return fingerprint(installInputs, `${process.platform} ${process.arch}`)
}

/** Each step is looked at anew when it is its turn: the one before may have changed what it depends on. */
function installStep() {
  const wanted = installFingerprint()
  const run = async (node) => {
    const pnpm = await ensurePnpm()
    const title = 'Installing packages'
    const retries = ['--config.fetch-retries=2', '--config.fetch-retry-mintimeout=1000']
    const args = ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only', ...retries]
    const env = toolEnvironment(node, { CI: 'true' })
    const options = { cwd: root, env, logFile: join(marks, 'install.log'), shell: process.platform === 'win32' }
    await step(title, () => runTool(title, pnpm, args, options))
  }
  return { name: 'install', wanted, isDone: () => isDone('install', wanted), run }
}

function clientStep() {
  const wanted = fingerprint(prismaInputs)
  const client = join(root, 'packages/db/src/generated/client.ts')
  const run = async (node) => {
    const title = 'Generating the database client'
    const options = { cwd: root, env: toolEnvironment(node), logFile: join(marks, 'prisma.log') }
    await step(title, () => runTool(title, node, [join(root, 'tooling/prisma/prisma.mjs'), 'generate'], options))
  }
  return { name: 'prisma', wanted, isDone: () => isDone('prisma', wanted) && existsSync(client), run }
}

function webStep() {
  const app = join(root, 'apps/web')
  const wanted = fingerprint(webInputs)
  const server = join(app, '.next/standalone/apps/web/server.js')
  const run = async (node) => {
    const title = 'Building the dashboard'
    const options = { cwd: app, env: toolEnvironment(node), logFile: join(marks, 'web.log') }
    await step(title, () => runTool(title, node, [join(app, 'scripts/build.mjs')], options))
  }
  return { name: 'web', wanted, isDone: () => isDone('web', wanted) && existsSync(server), run }
}
