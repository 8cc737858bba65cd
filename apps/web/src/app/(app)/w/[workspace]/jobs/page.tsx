import type { Metadata } from 'next'
import { JobList } from '@/features/jobs/job-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Jobs' }

type Props = { params: Promise<{ workspace: string }> }

export default async function JobsPage({ params }: Props) {
  const workspace = decodeURIComponent((await params).workspace)
  return (
    <Prefetch queries={(trpc) => [trpc.jobs.list.queryOptions({ workspace })]}>
      <JobList workspace={workspace} />
    </Prefetch>
  )
}
