import type { Metadata } from 'next'
import { ActivityView } from '@/features/activity/activity-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Activity' }

type Props = { params: Promise<{ workspace: string }> }

export default async function ActivityViewPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    <Prefetch queries={(trpc) => [trpc.workspaces.get.queryOptions(where)]}>
      <ActivityView {...where} />
    </Prefetch>
  )
}
