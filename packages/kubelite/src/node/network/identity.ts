import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readJson, writeJson } from '../attempt.ts'
import { hasAnchor, takenRanges } from './links.ts'
import { chooseRange, isFree, type NetworkIdentity } from './range.ts'

const file = (stateDir: string) => join(stateDir, 'network.json')

export function readIdentity(stateDir: string): Promise<NetworkIdentity | null> {
  return readJson<NetworkIdentity>(file(stateDir))
}

/**
 * The folder's network, kept over restarts. While nothing of it is in the kernel (after a stop or a reboot) its range is
 * looked at again, as another may have taken it. Null when no range is free.
 */
export async function keptIdentity(stateDir: string): Promise<NetworkIdentity | null> {
  const kept = await readIdentity(stateDir)
  if (kept !== null && hasAnchor(kept.id)) return kept
  const taken = await takenRanges()
  const id = kept?.id ?? randomBytes(3).toString('hex')
  const range = kept !== null && isFree(kept.range, taken) ? kept.range : chooseRange(id, taken)
  if (range === null) return null
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  await writeJson(file(stateDir), { id, range })
  return { id, range }
}
