'use client'
import { Duration, RelativeTime } from '@keelson/ui/relative-time'
import { useQuery } from '@tanstack/react-query'
import { ActivityItems } from '@/features/activity/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { paths } from '@/view/paths.ts'
import { RecentPanel, RecentRows } from '@/view/recent-panel.tsx'

const shownJobs = 6

export function RecentJobs({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const jobs = useQuery(trpc.jobs.list.queryOptions({ workspace }))
  return (
    <RecentPanel title="Recent jobs" all={{ href: paths.jobs(workspace), label: 'All jobs' }} bodyClassName="p-0">
      <Loaded query={jobs}>
        {(page) => (
          <RecentRows
            rows={page.items.slice(0, shownJobs)}
            hrefOf={(job) => paths.job(workspace, job.uid)}
            aside={(job) => (
              <>
                <Duration from={job.startedAt} to={job.finishedAt} />
                <RelativeTime at={job.createdAt} />
              </>
            )}
            none="No job has run here yet."
          />
        )}
      </Loaded>
    </RecentPanel>
  )
}

export function RecentActivity({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const activity = useQuery(trpc.activity.list.queryOptions({ workspace, limit: 8 }))
  return (
    <RecentPanel
      title="Activity"
      all={{ href: paths.activity(workspace), label: 'All activity' }}
      bodyClassName="px-4 py-2"
    >
      <Loaded query={activity}>{(page) => <ActivityItems items={page.items} workspace={workspace} />}</Loaded>
    </RecentPanel>
  )
}
