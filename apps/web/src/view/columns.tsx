import type { StatusDetail } from '@keelson/contracts/status'
import type { Column } from '@keelson/ui/data-table'
import { RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge } from '@keelson/ui/status-badge'
import { TextLink } from './text-link.tsx'

/** The columns that lists have in common, so that they look and sort alike. */
export function statusColumn<Row extends { status: StatusDetail }>(): Column<Row> {
  return {
    id: 'status',
    header: 'Status',
    sortValue: ({ status }) => status.status,
    cell: ({ status }) => <StatusBadge status={status.status} detail={status} />,
  }
}

/** The name as a link to the row's own page. */
export function nameColumn<Row extends { name: string }>(hrefOf: (row: Row) => string): Column<Row> {
  return { id: 'name', header: 'Name', sortValue: ({ name }) => name, cell: (row) => nameLink(row, hrefOf) }
}

export function nameLink<Row extends { name: string }>(row: Row, hrefOf: (row: Row) => string) {
  return (
    <TextLink href={hrefOf(row)} className="font-medium">
      {row.name}
    </TextLink>
  )
}

export function createdColumn<Row extends { createdAt: string }>(): Column<Row> {
  return {
    id: 'created',
    header: 'Created',
    align: 'right',
    sortValue: ({ createdAt }) => createdAt,
    cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
  }
}
