import type { Metadata } from 'next'
import { JobView } from '@/features/jobs/job-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Job' }

type Props = { params: Promise<{ workspace: string; uid: string }> }

export default async function JobPage({ params }: Props) {
  const { workspace, uid } = await params
  const where = { workspace: decodeURIComponent(workspace), uid: decodeURIComponent(uid) }
  return (
    <Prefetch queries={(trpc) => [trpc.jobs.get.queryOptions(where)]}>
      <JobView {...where} />
    </Prefetch>
  )
}
