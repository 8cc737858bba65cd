import type { Metadata } from 'next'
import { ExperimentView } from '@/features/experiments/experiment-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Runs' }

type Props = { params: Promise<{ workspace: string; experiment: string }> }

export default async function ExperimentViewPage({ params }: Props) {
  const { workspace, experiment } = await params
  const where = { workspace: decodeURIComponent(workspace), experimentId: decodeURIComponent(experiment) }
  return (
    <Prefetch queries={(trpc) => [trpc.experiments.get.queryOptions(where)]}>
      <ExperimentView {...where} />
    </Prefetch>
  )
}
