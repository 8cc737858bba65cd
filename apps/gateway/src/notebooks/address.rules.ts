/** Where a notebook is for browsers. Pure. */
import { createHash } from 'node:crypto'

export type NotebookName = { workspace: string; name: string }

const ownHost = '{name}--{namespace}'
const maxLabel = 63

/** Whether every notebook has a host name, and so an origin, of its own. */
export function hasOwnHosts(notebooksUrl: string): boolean {
  return notebooksUrl.includes(ownHost)
}

/**
 * The origin of a notebook: one for all (a laptop), or its own. A name whose label would be too long for DNS, or could be read as
 * another notebook's (`a--b` in `c`, `a` in `b--c`), is hashed: two notebooks never share an origin.
 */
export function notebookOrigin(notebooksUrl: string, { workspace, name }: NotebookName): string {
  if (!hasOwnHosts(notebooksUrl)) return new URL(notebooksUrl).origin
  const plain = `${name}--${workspace}`
  const isClear = plain.length <= maxLabel && !name.includes('--') && !workspace.includes('--')
  const hashed = () => createHash('sha256').update(`${workspace}/${name}`).digest('hex').slice(0, 32)
  return new URL(notebooksUrl.replace(ownHost, isClear ? plain : `nb-${hashed()}`)).origin
}
