import { basename, dirname, isAbsolute, join } from 'node:path'
import { AppError } from '@keelson/process/app-error'
import { type EnsureEnvironmentOptions, ensureEnvironment } from './environment.ts'
import type { ImageEntry, ImageTable } from './image-table.ts'

/** What a container of an image runs with. */
export type PulledImage = {
  id: string
  /** Folders in front of the host's PATH. */
  path: string[]
  env: Record<string, string>
  command: string[]
  args: string[]
  /** Folder to be copied into the working directory. */
  files: string | null
}

/**
 * Makes an image usable: its Python environment is built when the cache lacks it. Throws AppError whose message is what
 * the person needs to do.
 */
export async function pullImage(
  table: ImageTable,
  reference: string,
  options: EnsureEnvironmentOptions = {},
): Promise<PulledImage> {
  const entry = table.find(reference)
  if (entry === null) throw new AppError('not_found', missingImage(table, reference))
  const shared = { id: entry.id, command: entry.command, args: entry.args, files: entry.files ?? null }
  const pythonPath = entry.pythonPath.length === 0 ? {} : { PYTHONPATH: entry.pythonPath.join(':') }
  if (entry.runtime === 'shell') return { ...shared, path: [], env: { ...pythonPath, ...entry.env } }
  const python = await environmentOf(entry, options)
  // Output that is a pipe would otherwise be held back in blocks and reach the log late or never.
  const env = { PYTHONUNBUFFERED: '1', VIRTUAL_ENV: python.path, ...pythonPath, ...entry.env }
  return { ...shared, path: [join(python.path, 'bin')], env }
}

function environmentOf(entry: ImageEntry & { runtime: 'python' }, options: EnsureEnvironmentOptions) {
  if (!isAbsolute(entry.environment)) return ensureEnvironment(entry.environment, options)
  return ensureEnvironment(basename(entry.environment), { ...options, environmentsDir: dirname(entry.environment) })
}

/** The one sentence about an image that the table lacks. */
export function missingImage(table: ImageTable, reference: string): string {
  const where = table.userFile ?? 'images.yaml'
  const known = table.list().map((entry) => entry.name)
  return (
    `image "${reference}" is not in ${where}: add an entry for it there, with runtime: python (and the name of a locked environment) ` +
    `or runtime: shell. Known images: ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}`
  )
}
