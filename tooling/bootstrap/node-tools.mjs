import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { cache, root } from './paths.mjs'
import { step } from './progress.mjs'
import { runTool } from './run-tool.mjs'
import { Trouble } from './trouble.mjs'

const windows = process.platform === 'win32'
const pnpmVersion = '12.21.0'

/** The Node that runs the sources: this one when it can (22.19 and 24 up), else Node 24 from the npm registry. */
export async function ensureNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if ((major === 22 && minor >= 19) || major >= 24) return process.execPath
  const version = nodeVersion()
  const folder = await ensurePackage(
    'node',
    version,
    `Fetching Node ${version} (this machine has ${process.versions.node})`,
  )
  const binary = join(folder, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node')
  if (existsSync(binary)) return binary
  rmSync(folder, { recursive: true, force: true })
  throw new Trouble(
    `The npm package node@${version} came without its program, which an install script puts there: allow install scripts in npm (npm config get ignore-scripts), or install Node 24 yourself.`,
  )
}

/** pnpm of the one version that the lock file was made with. */
export async function ensurePnpm() {
  const folder = await ensurePackage('pnpm', pnpmVersion, `Fetching pnpm ${pnpmVersion}`)
  return join(folder, 'node_modules', '.bin', windows ? 'pnpm.cmd' : 'pnpm')
}

/** The environment for tools: the chosen Node goes first. */
export function toolEnvironment(node, extra = {}) {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`, ...extra }
}

function nodeVersion() {
  const pinned = /^\s+node: (\S+)$/m.exec(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))
  if (pinned === null) throw new Trouble('pnpm-workspace.yaml pins no version of node: restore the file.')
  return pinned[1]
}

/** Installs one package into a folder of the cache, beside first and renamed when complete. */
export async function ensurePackage(name, version, title) {
  const folder = join(cache, 'tools', `${name}-${version}-${process.platform}-${process.arch}`)
  if (existsSync(folder)) return folder
  const making = `${folder}.making-${process.pid}`
  try {
    mkdirSync(making, { recursive: true })
  } catch (error) {
    throw new Trouble(
      `The cache folder ${cache} cannot be written (${error.code}): mend its permissions, or set KEELSON_CACHE to another folder.`,
    )
  }
  const retries = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
  const args = [
    'install',
    '--prefix',
    making,
    '--no-audit',
    '--no-fund',
    '--no-save',
    '--no-package-lock',
    ...retries,
    `${name}@${version}`,
  ]
  try {
    const { command, first, shell } = npmCommand()
    const options = { cwd: making, env: npmEnvironment(), logFile: join(cache, `${name}.log`), shell }
    await step(title, () => runTool(title, command, [...first, ...args], options))
    try {
      renameSync(making, folder)
    } catch (error) {
      // Another start was quicker; what it installed is the same.
      if (!existsSync(folder)) throw error
    }
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
  return folder
}

/** The npm that runs us, else the one of the PATH. */
function npmCommand() {
  const script = process.env.npm_execpath
  if (script && /npm-cli\.js$/.test(script)) return { command: process.execPath, first: [script], shell: false }
  return { command: 'npm', first: [], shell: windows }
}

/** Without what `npm run` adds about this very package: npm would take it for the place to install to. */
function npmEnvironment() {
  const ours = /^npm_(package_|lifecycle_|config_(local_prefix|prefix|global|omit|include|node_gyp))/
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name))
  return { ...Object.fromEntries(kept), npm_config_global: 'false' }
}
