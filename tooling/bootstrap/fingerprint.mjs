import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { marks, root } from './paths.mjs'

const ignored = /^(node_modules|\.next|dist|generated)$|\.test\.tsx?$|\.tsbuildinfo$|^next-env\.d\.ts$/

/** A hash of files and folders (relative to the root), by path and content; tests and what is generated do not count. */
export function fingerprint(paths, extra = '') {
  const hash = createHash('sha256').update(extra)
  const add = (path) => {
    const full = join(root, path)
    if (!existsSync(full)) return
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) if (!ignored.test(name)) add(`${path}/${name}`)
    } else {
      hash.update(`\n${path}\n`).update(readFileSync(full))
    }
  }
  for (const path of paths) add(path)
  return hash.digest('hex')
}

/** True when the step of that name was done for exactly this fingerprint. */
export function isDone(name, value) {
  try {
    return readFileSync(join(marks, name), 'utf8') === value
  } catch {
    return false
  }
}

export function markDone(name, value) {
  mkdirSync(marks, { recursive: true })
  writeFileSync(join(marks, name), value)
}
