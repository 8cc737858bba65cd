import type { VolumeUser } from '@keelson/contracts/volumes'
import { objectPath, paths } from '@/view/paths.ts'

export const claimKind = { group: '', version: 'v1', plural: 'persistentvolumeclaims' } as const
export const podKind = { group: '', version: 'v1', plural: 'pods' } as const

/** Where somebody who uses a volume is shown. */
export function userPath(workspace: string, { kind, name }: VolumeUser): string {
  if (kind === 'Notebook') return paths.notebook(workspace, name)
  return kind === 'Tensorboard' ? paths.tensorboards(workspace) : objectPath(workspace, podKind, name)
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'one machine writes',
  ReadOnlyMany: 'many read',
  ReadWriteMany: 'many write',
  ReadWriteOncePod: 'one pod writes',
}

/** What an access mode means, in words. */
export function modeWords(mode: string): string {
  return shortModes[mode] ?? mode
}
