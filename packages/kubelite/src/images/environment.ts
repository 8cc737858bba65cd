import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '@keelson/process/app-error'
import { holdBuildLock } from './build-lock.ts'
import { type HostEnvironment, hostEnvironment } from './env.ts'
import { pipSettings, uvEnvironment } from './pip-settings.ts'
import { findPython, type Python } from './python.ts'
import { runTool } from './run-tool.ts'
import { findUv } from './uv.ts'

export type PythonEnvironment = {
  name: string
  /** Folder of the finished environment; `bin` in it goes in front of PATH. */
  path: string
  /** Hash of lock file, Python and platform: what the environment is, whichever machine built it. */
  key: string
  pythonVersion: string
  /** True when nothing had to be built. */
  cached: boolean
  durationMs: number
}

export type EnsureEnvironmentOptions = {
  /** One short line per step, fit to be shown to a person. */
  onProgress?: (step: string) => void
  signal?: AbortSignal
  /** Folder with `<name>/requirements.lock`. Default: the repository's `python/environments`. */
  environmentsDir?: string
  /** Default: `KEELSON_CACHE`, or `~/.cache/keelson`. */
  cacheDir?: string
  env?: HostEnvironment
  /** What builds it. Default: uv where it can be had, else venv and pip. */
  builder?: 'uv' | 'pip'
}

type Marker = { key: string; python: string; distributions: string[] }
const markerFile = 'keelson-environment.json'

/** Where environments are kept, for all checkouts and state folders of one person. */
export function cacheFolder(env: HostEnvironment): string {
  return env.KEELSON_CACHE || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'keelson')
}

/** The repository's own environments. */
export function defaultEnvironmentsDir(): string {
  return fileURLToPath(new URL('../../../../python/environments', import.meta.url))
}

const underWay = new Map<string, Promise<PythonEnvironment>>()

/**
 * The Python environment of that name, built when the cache lacks it: with uv where it can be had, else with `venv` and
 * pip. It is built in a folder aside and renamed whole, so what is there is complete; processes that want the same one
 * wait for each other. Throws AppError: `precondition` when the machine lacks something (one sentence that says what to
 * install), `unavailable` when the build failed (the tool's last lines).
 */
export function ensureEnvironment(name: string, options: EnsureEnvironmentOptions = {}): Promise<PythonEnvironment> {
  const env = options.env ?? hostEnvironment()
  const cacheDir = options.cacheDir ?? cacheFolder(env)
  const lockFile = join(options.environmentsDir ?? defaultEnvironmentsDir(), name, 'requirements.lock')
  const together = `${cacheDir}\n${lockFile}`
  const present = underWay.get(together)
  if (present) return present
  const started = ensure(name, lockFile, { ...options, env, cacheDir }).finally(() => underWay.delete(together))
  underWay.set(together, started)
  return started
}

type Resolved = EnsureEnvironmentOptions & { env: HostEnvironment; cacheDir: string }

async function ensure(name: string, lockFile: string, options: Resolved): Promise<PythonEnvironment> {
  const startedAt = Date.now()
  const progress = options.onProgress ?? (() => {})
  const lock = await readFile(lockFile).catch((cause) => {
    throw new AppError('precondition', `The Python environment ${name} has no ${lockFile}.`, { cause })
  })
  const python = await findPython(options.env)
  const key = createHash('sha256').update(lock).update(`\n${python.version}\n${python.tag}\n`).digest('hex')
  const path = join(options.cacheDir, 'environments', `${name}-${key.slice(0, 16)}`)
  const result = (cached: boolean): PythonEnvironment => ({
    name,
    path,
    key,
    pythonVersion: python.version,
    cached,
    durationMs: Date.now() - startedAt,
  })
  if (await isWhole(path, key)) return result(true)
  await mkdir(join(options.cacheDir, 'environments'), { recursive: true })
  const release = await holdBuildLock(
    `${path}.lock`,
    () => progress('Waiting for another process that builds the same environment'),
    options.signal,
  )
  try {
    if (await isWhole(path, key)) return result(true)
    await removeLeftovers(options.cacheDir, `${name}-${key.slice(0, 16)}`)
    await build({ name, lockFile, python, key, path, options, progress })
    return result(false)
  } finally {
    // Again: the tool of a builder that was killed may have written for a moment longer.
    await removeLeftovers(options.cacheDir, `${name}-${key.slice(0, 16)}`).catch(() => {})
    await release()
  }
}

/** A marker is written last, and every distribution that it names must still be there. */
async function isWhole(path: string, key: string): Promise<boolean> {
  try {
    const marker: Marker = JSON.parse(await readFile(join(path, markerFile), 'utf8'))
    if (marker.key !== key || !existsSync(join(path, 'bin/python'))) return false
    const present = new Set(await distributions(path))
    return marker.distributions.length > 0 && marker.distributions.every((name) => present.has(name))
  } catch {
    return false
  }
}

async function distributions(path: string): Promise<string[]> {
  const lib = join(path, 'lib')
  const [python] = (await readdir(lib)).filter((name) => name.startsWith('python'))
  const site = join(lib, python ?? '', 'site-packages')
  const found = (await readdir(site)).filter((name) => name.endsWith('.dist-info'))
  const complete = await Promise.all(
    found.map(async (name) => ((await stat(join(site, name, 'METADATA')).catch(() => null))?.size ? name : null)),
  )
  return complete.filter((name) => name !== null).sort()
}

async function removeLeftovers(cacheDir: string, stem: string): Promise<void> {
  const folder = join(cacheDir, 'environments')
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${stem}.build.`) || name.startsWith(`${stem}.old.`))
      await rm(join(folder, name), { recursive: true, force: true })
  }
}

type Build = {
  name: string
  lockFile: string
  python: Python
  key: string
  path: string
  options: Resolved
  progress: (step: string) => void
}

async function build(build: Build): Promise<void> {
  const { path, key, python, options } = build
  const work = `${path}.build.${process.pid}`
  try {
    await install(build, work)
    options.signal?.throwIfAborted()
    await rewritePaths(work, path)
    const marker: Marker = { key, python: `${python.version} ${python.path}`, distributions: await distributions(work) }
    await writeFile(join(work, markerFile), `${JSON.stringify(marker, null, 2)}\n`)
    // What stands there now was found broken; processes that still run from it keep their open files.
    const old = `${path}.old.${process.pid}`
    await rename(path, old).catch(() => {})
    await rename(work, path)
    await rm(old, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new AppError(
        'unavailable',
        `The disk of ${options.cacheDir} is full: free some space, or set KEELSON_CACHE to another folder.`,
        { cause: error },
      )
    }
    throw error
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function install({ lockFile, python, options, progress, name }: Build, work: string): Promise<void> {
  const { env, cacheDir, signal } = options
  const settings = uvEnvironment(pipSettings(env), env)
  const uv = options.builder === 'pip' ? null : await findUv(python, { env, cacheDir, onProgress: progress, signal })
  if (uv !== null) {
    progress(`Creating an environment with Python ${python.version}`)
    const uvEnv = { ...env, ...settings, UV_PYTHON_DOWNLOADS: 'never', NO_COLOR: '1' }
    await must(name, uv, ['venv', '--relocatable', '--python', python.path, work], {
      env: uvEnv,
      cwd: cacheDir,
      signal,
    })
    const args = [
      'pip',
      'install',
      '--python',
      join(work, 'bin/python'),
      '--require-hashes',
      '--compile-bytecode',
      '-r',
      lockFile,
    ]
    await must(name, uv, args, { env: uvEnv, cwd: cacheDir, signal, onLine: (line) => isStep(line) && progress(line) })
    return
  }
  if (!python.hasVenv) {
    throw new AppError(
      'precondition',
      `${python.path} cannot make environments: install uv, or the package with its venv module (Debian: apt-get install python3-venv).`,
    )
  }
  progress(`Creating an environment with Python ${python.version}`)
  await must(name, python.path, ['-m', 'venv', work], { env, cwd: cacheDir, signal })
  const pip = [
    '-m',
    'pip',
    '--disable-pip-version-check',
    'install',
    '--progress-bar',
    'off',
    '--require-hashes',
    '-r',
    lockFile,
  ]
  await must(name, join(work, 'bin/python'), pip, {
    env,
    cwd: cacheDir,
    signal,
    onLine: (line) => isStep(line) && progress(line.slice(0, 160)),
  })
}

/** The lines of uv and pip that tell a person how far it is. */
function isStep(line: string): boolean {
  return /^\s*(Resolved|Prepared|Downloading|Building|Built|Installed|Bytecode compiled|Collecting|Installing collected)\b/.test(
    line,
  )
}

async function must(
  name: string,
  command: string,
  args: string[],
  options: Parameters<typeof runTool>[2],
): Promise<void> {
  const done = await runTool(command, args, { ...options, dieWithParent: true })
  options.signal?.throwIfAborted()
  if (done.code === 0) return
  const last = done.lines.slice(-12).join('\n')
  throw new AppError(
    'unavailable',
    `Building the Python environment ${name} failed (${command} ${args[0]} ended with ${done.code}):\n${last}`,
  )
}

/** Scripts and pyvenv.cfg name the folder that they were made in; after the rename it has another name. */
async function rewritePaths(work: string, path: string): Promise<void> {
  const bin = join(work, 'bin')
  const files = [join(work, 'pyvenv.cfg'), ...(await readdir(bin)).map((name) => join(bin, name))]
  for (const file of files) {
    const info = await stat(file).catch(() => null)
    if (!info?.isFile() || info.size > 100_000) continue
    const text = await readFile(file, 'utf8')
    if (text.includes(work)) await writeFile(file, text.replaceAll(work, path), { mode: info.mode })
  }
}
