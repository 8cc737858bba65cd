import type { Metadata } from 'next'
import { NewJob } from '@/features/jobs/form/new-job.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Submit a job' }

type Props = { params: Promise<{ workspace: string }> }

export default async function NewJobPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    <Prefetch queries={(trpc) => [trpc.jobs.offer.queryOptions(where), trpc.workspaces.use.queryOptions(where)]}>
      <NewJob {...where} />
    </Prefetch>
  )
}
