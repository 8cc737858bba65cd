import type { Metadata } from 'next'
import { RunView } from '@/features/runs/run-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Run' }

type Props = { params: Promise<{ workspace: string; run: string }> }

export default async function RunViewPage({ params }: Props) {
  const { workspace, run } = await params
  const where = { workspace: decodeURIComponent(workspace), runId: decodeURIComponent(run) }
  return (
    <Prefetch queries={(trpc) => [trpc.runs.get.queryOptions(where)]}>
      <RunView {...where} />
    </Prefetch>
  )
}
