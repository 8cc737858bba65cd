import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** Marks of what has been installed and built, and logs of tools that failed. Goes away with node_modules. */
export const marks = join(root, 'node_modules', '.keelson')

/** The state folder of the platform. */
export const home = resolve(process.env.KEELSON_HOME || join(root, '.keelson'))

/** Shared by all checkouts of one person: Node, pnpm, and the Python environments beside. */
export const cache =
  process.env.KEELSON_CACHE ||
  join(process.env.XDG_CACHE_HOME || join(process.env.HOME || homedir(), '.cache'), 'keelson')
