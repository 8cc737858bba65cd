import { existsSync } from 'node:fs'
import { AppError } from '@keelson/process/app-error'
import type { HostEnvironment } from './env.ts'
import { runTool } from './run-tool.ts'

/** A Python interpreter of the machine. `version` is `3.11.7`, `tag` names implementation, platform and machine. */
export type Python = { path: string; version: string; tag: string; hasVenv: boolean; hasPip: boolean }

const oldest = [3, 10] as const
/** Newest first among those that the lock files are made for; then whatever `python3` is. */
const candidates = ['python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3', 'python']

// sys.executable is asked for because a name on PATH may be a shim (pyenv, asdf) that costs a shell at each start.
const probe = `
import sys, json, platform, sysconfig, importlib.util as u
print(json.dumps({"path": sys.executable, "version": platform.python_version(),
  "tag": sys.implementation.name + "-" + sysconfig.get_platform(),
  "hasVenv": bool(u.find_spec("venv") and u.find_spec("ensurepip")), "hasPip": bool(u.find_spec("pip"))}))`

/**
 * The Python to build environments with: `KEELSON_PYTHON`, or the first of python3.14 … python3.10, python3 on PATH that
 * answers and is 3.10 or newer. Throws `precondition` with one sentence that says what to do.
 */
export async function findPython(env: HostEnvironment): Promise<Python> {
  const key = `${env.KEELSON_PYTHON}\n${env.PATH}`
  const before = known.get(key)
  // Asking costs half a second where names on PATH are shims, and every container start asks.
  if (before !== undefined && existsSync(before.path)) return before
  const python = await lookForPython(env)
  known.set(key, python)
  return python
}

const known = new Map<string, Python>()

async function lookForPython(env: HostEnvironment): Promise<Python> {
  const asked = env.KEELSON_PYTHON
  const found: string[] = []
  for (const name of asked ? [asked] : candidates) {
    const python = await askPython(name, env)
    if (python === null) continue
    if (isNewEnough(python.version)) return python
    found.push(`${python.path} is ${python.version}`)
  }
  if (asked && found.length === 0) {
    throw new AppError(
      'precondition',
      `KEELSON_PYTHON is ${asked}, which is not a Python that runs: set it to a Python 3.10 or newer.`,
    )
  }
  if (found.length > 0) {
    throw new AppError(
      'precondition',
      `Keelson needs Python 3.10 or newer, but ${found[0]}: install a newer one, or name it in KEELSON_PYTHON.`,
    )
  }
  throw new AppError(
    'precondition',
    'Python is missing: install Python 3.10 or newer (Debian: apt-get install python3 python3-venv), or name it in KEELSON_PYTHON.',
  )
}

async function askPython(name: string, env: HostEnvironment): Promise<Python | null> {
  const answer = await runTool(name, ['-I', '-c', probe], { env, timeoutMs: 20_000 })
  if (answer.code !== 0) return null
  try {
    const python: Python = JSON.parse(answer.stdout)
    return python
  } catch {
    return null
  }
}

/** True for 3.10 and up, also with a suffix as in `3.14.0rc2`. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
}
