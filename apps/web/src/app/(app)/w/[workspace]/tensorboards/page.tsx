import type { Metadata } from 'next'
import { TensorboardList } from '@/features/tensorboards/tensorboard-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'TensorBoards' }

type Props = { params: Promise<{ workspace: string }> }

export default async function TensorboardListPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    <Prefetch queries={(trpc) => [trpc.tensorboards.list.queryOptions(where)]}>
      <TensorboardList {...where} />
    </Prefetch>
  )
}
