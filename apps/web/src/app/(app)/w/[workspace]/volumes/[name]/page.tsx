import type { Metadata } from 'next'
import { VolumeView } from '@/features/volumes/volume-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Volume' }

type Props = { params: Promise<{ workspace: string; name: string }> }

export default async function VolumeViewPage({ params }: Props) {
  const { workspace, name } = await params
  const where = { workspace: decodeURIComponent(workspace), name: decodeURIComponent(name) }
  return (
    <Prefetch queries={(trpc) => [trpc.volumes.get.queryOptions(where)]}>
      <VolumeView {...where} />
    </Prefetch>
  )
}
