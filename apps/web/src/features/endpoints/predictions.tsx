'use client'
import type { Prediction } from '@keelson/contracts/monitoring'
import { Badge } from '@keelson/ui/badge'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { Copyable } from '@keelson/ui/copyable'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { Dialog } from '@keelson/ui/dialog'
import { EmptyState } from '@keelson/ui/empty-state'
import { formatDuration, formatNumber } from '@keelson/ui/format'
import { RelativeTime } from '@keelson/ui/relative-time'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { MoreRows } from '@/view/more-rows.tsx'

const shown = (value: unknown): string =>
  typeof value === 'number' ? formatNumber(value) : typeof value === 'string' ? value : (JSON.stringify(value) ?? '–')

/** The probability of the class that was predicted, where the model gave any. */
function scoreOf({ scores, prediction }: Prediction): string {
  const score = scores?.[String(prediction)]
  return score === undefined ? '–' : formatNumber(score)
}

const columns: Column<Prediction>[] = [
  { id: 'at', header: 'When', sortValue: (one) => one.at, cell: (one) => <RelativeTime at={one.at} /> },
  {
    id: 'request',
    header: 'Request',
    cell: (one) => (
      <Copyable
        text={one.requestId}
        shown={`${one.requestId.slice(0, 12)}${one.rowIndex > 0 ? ` #${one.rowIndex}` : ''}`}
      />
    ),
  },
  {
    id: 'prediction',
    header: 'Prediction',
    align: 'right',
    cell: (one) => <span className="font-medium">{shown(one.prediction)}</span>,
  },
  { id: 'score', header: 'Probability', align: 'right', cell: (one) => scoreOf(one) },
  {
    id: 'label',
    header: 'Label',
    align: 'right',
    cell: (one) =>
      one.label === null ? (
        <span className="text-fg-subtle">not yet</span>
      ) : (
        <Badge tone="accent">{shown(one.label)}</Badge>
      ),
  },
  { id: 'version', header: 'Version', align: 'right', cell: (one) => one.modelVersion ?? '–' },
  { id: 'revision', header: 'Revision', cell: (one) => one.revision },
  {
    id: 'latency',
    header: 'Took',
    align: 'right',
    sortValue: (one) => one.latencyMs,
    cell: (one) => formatDuration(one.latencyMs),
  },
  {
    id: 'features',
    header: 'Features',
    cell: (one) => (
      <span className="font-mono text-xs text-fg-muted">
        {Object.entries(one.features)
          .slice(0, 5)
          .map(([name, value]) => `${name}=${shown(value)}`)
          .join(' ')}
      </span>
    ),
  },
]

/** Each logged prediction, newest first; opening one shows all its features. */
export function Predictions({ workspace, endpoint }: { workspace: string; endpoint: string }) {
  const trpc = useTRPC()
  const [open, setOpen] = useState<Prediction | null>(null)
  const predictions = useInfiniteQuery(
    trpc.monitoring.listPredictions.infiniteQueryOptions(
      { workspace, endpoint, limit: 100 },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
  )
  return (
    <>
      <Loaded query={predictions} skeleton={<TableSkeleton />}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items)
          if (all.length === 0)
            return (
              <EmptyState title="No prediction yet">
                Every request to the endpoint is logged here, with its features, and joined with its label when that
                arrives.
              </EmptyState>
            )
          return (
            <DataTable
              label="Predictions"
              rows={all}
              columns={columns}
              rowId={(one) => `${one.requestId}/${one.rowIndex}`}
              onOpen={setOpen}
              footer={<MoreRows query={predictions} count={all.length} what="prediction" />}
            />
          )
        }}
      </Loaded>
      {open ? (
        <Dialog
          open
          onOpenChange={(isOpen) => !isOpen && setOpen(null)}
          title={`Prediction ${open.requestId}`}
          description={`Row ${open.rowIndex} of the request`}
        >
          <CodeSnippet
            snippets={[
              {
                label: 'JSON',
                code: JSON.stringify(
                  {
                    features: open.features,
                    prediction: open.prediction,
                    scores: open.scores,
                    label: open.label,
                    revision: open.revision,
                  },
                  null,
                  2,
                ),
              },
            ]}
          />
        </Dialog>
      ) : null}
    </>
  )
}
