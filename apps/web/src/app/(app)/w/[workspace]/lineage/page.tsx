import type { Metadata } from 'next'
import { LineageView } from '@/features/lineage/lineage-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Lineage' }

type Props = { params: Promise<{ workspace: string }> }

export default async function LineageViewPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    <Prefetch queries={(trpc) => [trpc.workspaces.get.queryOptions(where)]}>
      <LineageView {...where} />
    </Prefetch>
  )
}
