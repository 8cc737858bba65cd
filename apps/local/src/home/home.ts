/**
 * The state folder. `version` names its format; a folder that a newer version wrote, that is damaged, full or not
 * writable is refused before anything in it is touched.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Fault, folderFault } from '../fault.ts'

/** Raised by one when an older version could no longer use the folder. */
const format = 1
const needBytes = 128 * 1024 * 1024
const probeBytes = 1024 * 1024

export type Home = {
  path: string
  logs: string
  run: string
  file(...names: string[]): string
}

export function homeAt(path: string): Home {
  return { path, logs: join(path, 'logs'), run: join(path, 'run'), file: (...names) => join(path, ...names) }
}

/** Makes the folder where there is none, and refuses one that cannot be used. */
export function openHome(path: string): Home {
  const home = homeAt(path)
  try {
    mkdirSync(path, { recursive: true, mode: 0o711 })
  } catch (error) {
    throw folderFault(path, error)
  }
  checkFormat(home)
  checkSpace(home)
  try {
    for (const folder of [home.logs, home.run]) mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!existsSync(home.file('version'))) writeWhole(home.file('version'), `${format}\n`)
  } catch (error) {
    throw folderFault(path, error)
  }
  return home
}

/** What a person may put there before the first start. */
const editable = new Set(['people.yaml', 'images.yaml'])

/** Throws unless the folder is empty or of a format that this version knows. */
export function checkFormat(home: Home): void {
  let text: string
  try {
    text = readFileSync(home.file('version'), 'utf8').trim()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOENT') throw folderFault(home.path, error)
    const others = readdirSync(home.path).filter((name) => !editable.has(name) && !name.endsWith('.new'))
    if (others.length === 0) return
    throw new Fault(
      `${home.path} is not a state folder of Keelson, or it is damaged (it has no version file, but ${others[0]}): set KEELSON_HOME to an empty folder, or restore it.`,
    )
  }
  const found = Number(text)
  if (!Number.isInteger(found) || found < 1) {
    throw new Fault(
      `The state folder ${home.path} is damaged (its version file reads "${text.slice(0, 40)}"): restore it from a copy, or delete it with "npm run reset".`,
    )
  }
  if (found > format) {
    throw new Fault(
      `The state folder ${home.path} was written by a newer version of Keelson (format ${found}, this version knows ${format}): start that version, or set KEELSON_HOME to another folder.`,
    )
  }
}

/** Free space is asked for, and really written: quotas and reserved blocks do not show in what the disk says. */
function checkSpace(home: Home): void {
  const probe = home.file(`probe.${process.pid}.new`)
  try {
    const disk = statfsSync(home.path)
    if (disk.bavail * disk.bsize < needBytes) throw Object.assign(new Error('nearly full'), { code: 'ENOSPC' })
    const file = openSync(probe, 'w')
    try {
      writeFileSync(file, Buffer.alloc(probeBytes))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw folderFault(home.path, error)
  } finally {
    rmSync(probe, { force: true })
  }
}

/** Writes beside and renames: a reader sees the old file or the new one, a crash leaves no half. */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  const beside = `${path}.${process.pid}.new`
  try {
    writeFileSync(beside, text, { mode, flush: true })
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}
