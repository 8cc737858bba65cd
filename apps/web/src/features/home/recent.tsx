'use client'
import { Panel } from '@keelson/ui/card'
import { Duration, RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge } from '@keelson/ui/status-badge'
import { useQuery } from '@tanstack/react-query'
import { ActivityItems } from '@/features/activity/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'

const shownJobs = 6

export function RecentJobs({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const jobs = useQuery(trpc.jobs.list.queryOptions({ workspace }))
  return (
    <Panel
      title="Recent jobs"
      actions={
        <TextLink href={paths.jobs(workspace)} className="text-xs">
          All jobs
        </TextLink>
      }
      bodyClassName="p-0"
    >
      <Loaded query={jobs}>
        {(page) => (
          <ul className="divide-y divide-line">
            {page.items.slice(0, shownJobs).map((job) => (
              <li key={job.uid} className="flex h-10 items-center gap-3 px-4 text-[13px]">
                <span className="w-24 shrink-0">
                  <StatusBadge status={job.status.status} detail={job.status} />
                </span>
                <TextLink href={paths.job(workspace, job.uid)} className="truncate font-medium">
                  {job.name}
                </TextLink>
                <span className="ml-auto flex shrink-0 gap-4 text-xs text-fg-subtle">
                  <Duration from={job.startedAt} to={job.finishedAt} />
                  <RelativeTime at={job.createdAt} />
                </span>
              </li>
            ))}
            {page.items.length === 0 ? (
              <li className="p-4 text-[13px] text-fg-muted">No job has run here yet.</li>
            ) : null}
          </ul>
        )}
      </Loaded>
    </Panel>
  )
}

export function RecentActivity({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const activity = useQuery(trpc.activity.list.queryOptions({ workspace, limit: 8 }))
  return (
    <Panel
      title="Activity"
      actions={
        <TextLink href={paths.activity(workspace)} className="text-xs">
          All activity
        </TextLink>
      }
      bodyClassName="px-4 py-2"
    >
      <Loaded query={activity}>{(page) => <ActivityItems items={page.items} workspace={workspace} />}</Loaded>
    </Panel>
  )
}
