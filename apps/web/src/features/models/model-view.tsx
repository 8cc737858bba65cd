'use client'
import type { ModelVersion } from '@keelson/contracts/registry'
import { Badge } from '@keelson/ui/badge'
import { Panel } from '@keelson/ui/card'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { formatNumber } from '@keelson/ui/format'
import { RelativeTime } from '@keelson/ui/relative-time'
import { useQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { RunLink } from '@/features/runs/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { Who } from '@/view/who.tsx'
import { StageBadge } from './stage-badge.tsx'
import { Transitions } from './transitions.tsx'

export function ModelView({ workspace, name }: { workspace: string; name: string }) {
  const trpc = useTRPC()
  const router = useRouter()
  const model = useQuery(trpc.models.get.queryOptions({ workspace, name }))
  const columns: Column<ModelVersion>[] = [
    {
      id: 'version',
      header: 'Version',
      sortValue: (one) => one.version,
      cell: (one) => (
        <TextLink href={paths.version(workspace, name, one.version)} className="font-medium">
          {one.version}
        </TextLink>
      ),
    },
    { id: 'stage', header: 'Stage', sortValue: (one) => one.stage, cell: (one) => <StageBadge stage={one.stage} /> },
    {
      id: 'aliases',
      header: 'Aliases',
      cell: (one) => (
        <span className="flex gap-1">
          {one.aliases.map((alias) => (
            <Badge key={alias} tone="accent">
              {alias}
            </Badge>
          ))}
        </span>
      ),
    },
    {
      id: 'state',
      header: 'Registration',
      cell: (one) =>
        one.status === 'READY' ? (
          'ready'
        ) : (
          <Badge tone={one.status === 'FAILED_REGISTRATION' ? 'danger' : 'info'}>
            {one.status === 'FAILED_REGISTRATION' ? 'failed' : 'under way'}
          </Badge>
        ),
    },
    {
      id: 'by',
      header: 'By',
      cell: (one) => (
        <span className="text-fg-muted">
          <Who name={one.createdBy} />
        </span>
      ),
    },
    { id: 'description', header: 'Description', cell: (one) => one.description || '–' },
    {
      id: 'created',
      header: 'Created',
      align: 'right',
      sortValue: (one) => one.createdAt,
      cell: (one) => <RelativeTime at={one.createdAt} />,
    },
  ]
  return (
    <Loaded query={model}>
      {({ model, versions, transitions, gates }) => (
        <>
          <PageHead
            title={model.name}
            hint={model.description}
            status={model.tags.map((tag) => (
              <Badge key={tag.key}>
                {tag.key}: {tag.value}
              </Badge>
            ))}
          />
          <div className="grid gap-4">
            <DataTable
              label="Versions"
              rows={versions}
              columns={columns}
              rowId={(one) => String(one.version)}
              onOpen={(one) => router.push(paths.version(workspace, name, one.version))}
              maxHeight="24rem"
            />
            <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
              <Transitions workspace={workspace} transitions={transitions} />
              <Panel title="Gates" hint="decide a stage by a metric">
                {gates.length === 0 ? (
                  <p className="text-[13px] text-fg-muted">
                    No stage has a gate. Production always waits for a person.
                  </p>
                ) : null}
                <ul className="grid gap-3 text-[13px]">
                  {gates.map((gate) => (
                    <li key={gate.stage} className="grid gap-1">
                      <span>
                        <StageBadge stage={gate.stage} />
                      </span>
                      <span>
                        <code className="font-mono text-xs">{gate.metric}</code>
                        {gate.minimum === null
                          ? ''
                          : ` at ${gate.higherIsBetter ? 'least' : 'most'} ${formatNumber(gate.minimum)},`}{' '}
                        better than the baseline
                        {gate.baselineRunId ? (
                          <>
                            {' '}
                            (<RunLink workspace={workspace} runId={gate.baselineRunId} />)
                          </>
                        ) : null}{' '}
                        by {formatNumber(gate.minimumImprovement)}.
                      </span>
                    </li>
                  ))}
                </ul>
              </Panel>
            </div>
          </div>
        </>
      )}
    </Loaded>
  )
}
