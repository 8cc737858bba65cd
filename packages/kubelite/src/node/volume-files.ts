import { mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export type VolumeFile = { content: Buffer; mode: number }

/**
 * Writes a volume's files so that a reader never sees half of an update, as the kubelet's AtomicWriter does: the files lie
 * in a dated folder, `..data` points at it and is moved by one rename, and each visible name points through `..data`.
 * Does nothing when the content is the same. Returns whether it changed.
 */
export async function writeVolumeFiles(dir: string, files: ReadonlyMap<string, VolumeFile>): Promise<boolean> {
  await mkdir(dir, { recursive: true })
  const present = await readlink(join(dir, '..data')).catch(() => null)
  if (present !== null && (await sameFiles(join(dir, present), files))) return false
  const dated = `..${new Date().toISOString().replace(/[-:T]/g, '_').slice(0, 19)}.${Math.floor(Math.random() * 1e9)}`
  for (const [path, file] of files) {
    const target = join(dir, dated, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, file.content, { mode: file.mode })
  }
  await mkdir(join(dir, dated), { recursive: true })
  await symlink(dated, join(dir, '..data_tmp'))
  await rename(join(dir, '..data_tmp'), join(dir, '..data'))
  const visible = new Set([...files.keys()].map((path) => path.split('/')[0] ?? path))
  for (const name of await readdir(dir)) {
    if (!name.startsWith('..') && !visible.has(name)) await rm(join(dir, name), { force: true })
  }
  for (const name of visible) await symlink(join('..data', name), join(dir, name)).catch(() => {})
  if (present !== null) await rm(join(dir, present), { recursive: true, force: true })
  return true
}

async function sameFiles(dir: string, files: ReadonlyMap<string, VolumeFile>): Promise<boolean> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  if (entries.filter((entry) => entry.isFile()).length !== files.size) return false
  for (const [path, file] of files) {
    const now = await readFile(join(dir, path)).catch(() => null)
    if (now === null || !now.equals(file.content)) return false
  }
  return true
}
