'use client'
import type { KindOwner } from '@keelson/contracts/platform'
import { Badge } from '@keelson/ui/badge'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { useQuery } from '@tanstack/react-query'
import { Puzzle } from 'lucide-react'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'

const columns: Column<KindOwner>[] = [
  {
    id: 'kind',
    header: 'Kind',
    sortValue: (one) => one.kind,
    cell: (one) => <span className="font-medium">{one.kind}</span>,
  },
  {
    id: 'owner',
    header: 'Made true by',
    sortValue: (one) => one.owner,
    cell: (one) =>
      one.owner === 'keelson' ? <Badge tone="success">Keelson</Badge> : <Badge tone="info">another operator</Badge>,
  },
  {
    id: 'why',
    header: 'Why',
    className: 'max-w-[40rem] whitespace-normal',
    cell: (one) => <span className="text-fg-muted">{one.evidence}</span>,
  },
  {
    id: 'name',
    header: 'Definition',
    cell: (one) => <span className="font-mono text-xs text-fg-muted">{one.name}</span>,
  },
]

/** Which custom resources are Keelson's in this cluster, and which it only shows. */
export function Kinds() {
  const trpc = useTRPC()
  const info = useQuery(trpc.platform.info.queryOptions())
  return (
    <div className="grid gap-3">
      <p className="max-w-3xl text-[13px] text-fg-muted">
        Where another operator is installed for a kind, Keelson stands back and only shows its objects. Where the
        evidence is wrong, set <code>KEELSON_KINDS</code> for the controller (
        <code>inferenceservices.serving.kserve.io=keelson</code>, or <code>=other</code>) and start it again.
      </p>
      <Loaded query={info}>
        {({ kinds }) =>
          kinds.length === 0 ? (
            <EmptyState icon={<Puzzle />} title="Nobody has looked yet">
              <p>The controller looks when it starts, and twice a minute. Is it running?</p>
            </EmptyState>
          ) : (
            <DataTable label="Kinds" rows={kinds} columns={columns} rowId={(one) => one.name} />
          )
        }
      </Loaded>
    </div>
  )
}
