import type { Metadata } from 'next'
import { VolumeList } from '@/features/volumes/volume-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Volumes' }

type Props = { params: Promise<{ workspace: string }> }

export default async function VolumeListPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    <Prefetch queries={(trpc) => [trpc.volumes.list.queryOptions(where)]}>
      <VolumeList {...where} />
    </Prefetch>
  )
}
