import type { StatusDetail } from '@keelson/contracts/status'
import { Panel } from '@keelson/ui/card'
import { StatusBadge } from '@keelson/ui/status-badge'
import type { ReactNode } from 'react'
import { TextLink } from './text-link.tsx'

/** A card of the home: a few of something, and the way to all of it. */
export function RecentPanel({
  title,
  all,
  bodyClassName,
  children,
}: {
  title: string
  all: { href: string; label: string }
  bodyClassName: string
  children: ReactNode
}) {
  return (
    <Panel
      title={title}
      actions={
        <TextLink href={all.href} className="text-xs">
          {all.label}
        </TextLink>
      }
      bodyClassName={bodyClassName}
    >
      {children}
    </Panel>
  )
}

type Row = { uid: string; name: string; status: StatusDetail }

/** Status, name, and what `aside` says of each. */
export function RecentRows<T extends Row>({
  rows,
  hrefOf,
  aside,
  none,
}: {
  rows: readonly T[]
  hrefOf: (row: T) => string
  aside: (row: T) => ReactNode
  none: ReactNode
}) {
  return (
    <ul className="divide-y divide-line">
      {rows.map((row) => (
        <li key={row.uid} className="flex h-10 items-center gap-3 px-4 text-[13px]">
          <span className="w-24 shrink-0">
            <StatusBadge status={row.status.status} detail={row.status} />
          </span>
          <TextLink href={hrefOf(row)} className="truncate font-medium">
            {row.name}
          </TextLink>
          <span className="ml-auto flex shrink-0 items-center gap-4 text-xs text-fg-subtle">{aside(row)}</span>
        </li>
      ))}
      {rows.length === 0 ? <li className="p-4 text-[13px] text-fg-muted">{none}</li> : null}
    </ul>
  )
}
