'use client'
import { Status } from '@keelson/contracts/status'
import type { TrainingJob } from '@keelson/contracts/training'
import { trainingFrameworks } from '@keelson/contracts/training-frameworks'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { PermissionButton } from '@keelson/ui/permission-button'
import { Duration, RelativeTime } from '@keelson/ui/relative-time'
import { Select } from '@keelson/ui/select'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { StatusBadge } from '@keelson/ui/status-badge'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Plus, Wrench } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useDeferredValue } from 'react'
import { jobSnippets, kindSnippets } from '@/features/snippets.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { useCan } from '@/view/can.ts'
import { Commands } from '@/view/commands.tsx'
import { FilterBox } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { MoreRows } from '@/view/more-rows.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { resourcesText } from './resources-text.ts'

const columnsOf = (workspace: string): Column<TrainingJob>[] => [
  {
    id: 'status',
    header: 'Status',
    sortValue: (job) => job.status.status,
    cell: (job) => <StatusBadge status={job.status.status} detail={job.status} />,
  },
  {
    id: 'name',
    header: 'Name',
    sortValue: (job) => job.name,
    cell: (job) => (
      <TextLink href={paths.job(workspace, job.uid)} className="font-medium">
        {job.name}
      </TextLink>
    ),
  },
  { id: 'kind', header: 'Kind', sortValue: (job) => job.kind, cell: (job) => job.kind },
  { id: 'framework', header: 'Framework', cell: (job) => job.framework ?? '–' },
  {
    id: 'replicas',
    header: 'Replicas',
    align: 'right',
    sortValue: (job) => job.replicasTotal,
    cell: (job) => (job.finishedAt ? job.replicasTotal : `${job.replicasReady}/${job.replicasTotal}`),
  },
  {
    id: 'progress',
    header: 'Progress',
    align: 'right',
    sortValue: (job) => job.progress,
    cell: (job) => (job.progress === null ? '–' : `${Math.round(job.progress)} %`),
  },
  { id: 'retries', header: 'Retries', align: 'right', sortValue: (job) => job.retries, cell: (job) => job.retries },
  { id: 'resources', header: 'Asks for', cell: (job) => resourcesText(job.resources) },
  { id: 'took', header: 'Took', align: 'right', cell: (job) => <Duration from={job.startedAt} to={job.finishedAt} /> },
  { id: 'by', header: 'By', sortValue: (job) => job.createdBy ?? '', cell: (job) => job.createdBy ?? '–' },
  {
    id: 'created',
    header: 'Created',
    align: 'right',
    sortValue: (job) => job.createdAt,
    cell: (job) => <RelativeTime at={job.createdAt} />,
  },
  {
    id: 'exists',
    header: 'Kept',
    cell: (job) => <span className="text-fg-muted">{job.exists ? 'in the cluster' : 'history'}</span>,
  },
]

export function JobList({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const router = useRouter()
  const can = useCan(workspace)
  const [filter] = useUrlState('q', '')
  const [kind, setKind] = useUrlState('kind', '')
  const [status, setStatus] = useUrlState('status', '')
  const [mine, setMine] = useUrlState('mine', '')
  const me = useQuery(trpc.access.me.queryOptions()).data?.username
  const search = useDeferredValue(filter.trim())
  const parsed = Status.safeParse(status)
  const wanted = {
    workspace,
    ...(kind ? { kind } : {}),
    ...(parsed.success ? { status: parsed.data } : {}),
    ...(mine && me ? { owner: me } : {}),
    ...(search ? { search } : {}),
  }
  const isFiltered = Object.keys(wanted).length > 1
  const jobs = useInfiniteQuery(
    trpc.jobs.list.infiniteQueryOptions(wanted, { getNextPageParam: (page) => page.nextCursor ?? undefined }),
  )
  return (
    <>
      <PageHead
        title="Jobs"
        actions={
          <>
            <FilterBox />
            <Select aria-label="Kind" value={kind} onChange={(event) => setKind(event.target.value)}>
              <option value="">All kinds</option>
              {['Job', ...trainingFrameworks.map((framework) => framework.kind)].map((each) => (
                <option key={each}>{each}</option>
              ))}
            </Select>
            <Select aria-label="Status" value={status} onChange={(event) => setStatus(event.target.value)}>
              <option value="">All states</option>
              {['pending', 'running', 'degraded', 'succeeded', 'failed', 'stopped'].map((each) => (
                <option key={each}>{each}</option>
              ))}
            </Select>
            <Select aria-label="Owner" value={mine} onChange={(event) => setMine(event.target.value)}>
              <option value="">Everybody’s</option>
              <option value="1">Mine</option>
            </Select>
            <PermissionButton
              variant="primary"
              decision={can('submitJob')}
              onClick={() => router.push(paths.newJob(workspace))}
            >
              <Plus />
              Submit a job
            </PermissionButton>
          </>
        }
      />
      <Loaded query={jobs} skeleton={<TableSkeleton />}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items)
          if (all.length === 0 && !isFiltered) return <NoJobs workspace={workspace} />
          return (
            <>
              <DataTable
                label="Jobs"
                rows={all}
                columns={columnsOf(workspace)}
                rowId={(job) => job.uid}
                onOpen={(job) => router.push(paths.job(workspace, job.uid))}
                footer={<MoreRows query={jobs} count={all.length} what="job" />}
              />
              <Commands snippets={kindSnippets(workspace, { group: 'batch', version: 'v1', plural: 'jobs' })} />
            </>
          )
        }}
      </Loaded>
    </>
  )
}

function NoJobs({ workspace }: { workspace: string }) {
  return (
    <EmptyState icon={<Wrench />} title="No job has run here yet">
      <p>
        A job runs a container to its end and keeps its logs, tries and runs for ever. Submit this one, or apply it with
        kubectl:
      </p>
      <CodeSnippet snippets={jobSnippets(workspace)} />
    </EmptyState>
  )
}
