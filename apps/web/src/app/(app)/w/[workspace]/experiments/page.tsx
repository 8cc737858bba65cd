import type { Metadata } from 'next'
import { ExperimentList } from '@/features/experiments/experiment-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Experiments' }

type Props = { params: Promise<{ workspace: string }> }

export default async function ExperimentListPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    <Prefetch queries={(trpc) => [trpc.experiments.list.queryOptions(where)]}>
      <ExperimentList {...where} />
    </Prefetch>
  )
}
