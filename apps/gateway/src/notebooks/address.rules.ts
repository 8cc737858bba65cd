/** Where a web app is for browsers. Pure. */
import { createHash } from 'node:crypto'
import type { WebAppName } from '@keelson/core/webapps'

const ownHost = '{name}--{namespace}'
const maxLabel = 63

/** Whether every web app has a host name, and so an origin, of its own. */
export function hasOwnHosts(notebooksUrl: string): boolean {
  return notebooksUrl.includes(ownHost)
}

/**
 * The origin of a web app: one for all (a laptop), or its own. What is no notebook, and a name whose label would be too long for DNS
 * or could be read as another's (`a--b` in `c`, `a` in `b--c`), is hashed: two of them never share an origin.
 */
export function webAppOrigin(notebooksUrl: string, { kind, workspace, name }: WebAppName): string {
  if (!hasOwnHosts(notebooksUrl)) return new URL(notebooksUrl).origin
  const plain = `${name}--${workspace}`
  const isClear = kind === 'notebook' && plain.length <= maxLabel && !name.includes('--') && !workspace.includes('--')
  const hashed = () =>
    createHash('sha256')
      .update(`${kind === 'notebook' ? '' : `${kind}/`}${workspace}/${name}`)
      .digest('hex')
      .slice(0, 32)
  return new URL(notebooksUrl.replace(ownHost, isClear ? plain : `nb-${hashed()}`)).origin
}
