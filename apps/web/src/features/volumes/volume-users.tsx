import type { Volume } from '@keelson/contracts/volumes'
import { Fragment } from 'react'
import { TextLink } from '@/view/text-link.tsx'
import { userPath } from './volume-kind.ts'

/** Who uses a volume: notebooks by name, else the pods themselves. */
export function VolumeUsers({ volume }: { volume: Volume }) {
  const { usedBy, workspace } = volume
  if (usedBy.length === 0) return '–'
  return usedBy.map((user, index) => (
    <Fragment key={`${user.kind}/${user.name}`}>
      {index > 0 ? ', ' : ''}
      <TextLink href={userPath(workspace, user)}>
        {user.kind === 'Pod' ? `pod ${user.name}` : `${user.kind.toLowerCase()} ${user.name}`}
      </TextLink>
    </Fragment>
  ))
}
