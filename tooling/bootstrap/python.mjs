import { execFileSync } from 'node:child_process'
import { Trouble } from './trouble.mjs'

const names = ['python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3', 'python']

/** Pods need Python 3.10 or newer. Said before anything is installed, as finding it out afterwards costs minutes. */
export function requirePython() {
  const asked = process.env.KEELSON_PYTHON
  let tooOld
  for (const name of asked ? [asked] : names) {
    const version = versionOf(name)
    if (version === null) continue
    const [major, minor] = version.split('.').map(Number)
    if (major > 3 || (major === 3 && minor >= 10)) return
    tooOld ??= `${name} is ${version}`
  }
  const advice =
    'install Python 3.10 or newer (Debian: apt-get install python3 python3-venv), or name one in KEELSON_PYTHON'
  if (tooOld) throw new Trouble(`Python is too old (${tooOld}): ${advice}.`)
  throw new Trouble(
    asked ? `KEELSON_PYTHON is ${asked}, which does not run: ${advice}.` : `Python is missing: ${advice}.`,
  )
}

function versionOf(name) {
  try {
    const code = 'import sys; print("%d.%d.%d" % sys.version_info[:3])'
    return execFileSync(name, ['-I', '-c', code], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 20_000,
    }).trim()
  } catch {
    return null
  }
}
