import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostEnvironment } from './env.ts'
import type { Python } from './python.ts'
import { runTool } from './run-tool.ts'

/** The uv that we install where the machine has none. */
const pinned = '0.13.9'

export type UvOptions = {
  env: HostEnvironment
  cacheDir: string
  onProgress: (step: string) => void
  signal?: AbortSignal | undefined
}

/**
 * A uv to build with: the one on PATH, the one in the cache, or a new one in the cache, installed with pip from the
 * machine's package index. Null where none can be had (no pip, no wheel for this platform, no network): `venv` and pip
 * are tried then.
 */
export async function findUv(python: Python, options: UvOptions): Promise<string | null> {
  const { env, cacheDir } = options
  const onPath = await runTool('uv', ['--version'], { env, timeoutMs: 10_000 })
  if (onPath.code === 0 && hasRelocatableVenvs(onPath.stdout)) return 'uv'
  const home = join(cacheDir, 'tools', `uv-${pinned}-${python.tag}`)
  const installed = [join(home, 'bin/uv'), join(home, 'Scripts/uv.exe')]
  const present = installed.find((path) => existsSync(path))
  if (present !== undefined) return present
  if (!python.hasPip && !python.hasVenv) return null
  options.onProgress(`Installing uv ${pinned}`)
  return (await installUv(python, home, options)) ? (installed.find((path) => existsSync(path)) ?? null) : null
}

/** `uv venv --relocatable` and `uv pip install --require-hashes` are there since 0.4. */
function hasRelocatableVenvs(version: string): boolean {
  const [major = 0, minor = 0] = (/uv (\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number)
  return major > 0 || minor >= 4
}

async function installUv(python: Python, home: string, options: UvOptions): Promise<boolean> {
  const { env, signal } = options
  const work = `${home}.${process.pid}.${Date.now()}`
  await mkdir(work, { recursive: true })
  try {
    // --target needs no venv, so that a Debian Python without python3-venv can also do it.
    const pip = [
      '-m',
      'pip',
      '--disable-pip-version-check',
      'install',
      '--quiet',
      '--only-binary',
      ':all:',
      '--no-deps',
      '--target',
      work,
    ]
    let done = python.hasPip
      ? await runTool(python.path, [...pip, `uv==${pinned}`], { env, signal, dieWithParent: true })
      : null
    if (done?.code !== 0 && python.hasVenv) {
      const venv = join(work, 'venv')
      const made = await runTool(python.path, ['-m', 'venv', venv], { env, signal })
      if (made.code === 0)
        done = await runTool(join(venv, 'bin/python'), [...pip, `uv==${pinned}`], { env, signal, dieWithParent: true })
      await rm(venv, { recursive: true, force: true })
    }
    if (done?.code !== 0) return false
    // A second builder may have been quicker: its folder is as good.
    await rename(work, home).catch(() => {})
    return true
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
