import type { Metadata } from 'next'
import { VersionView } from '@/features/models/version-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Model version' }

type Props = { params: Promise<{ workspace: string; name: string; version: string }> }

export default async function VersionViewPage({ params }: Props) {
  const { workspace, name, version } = await params
  const where = { workspace: decodeURIComponent(workspace), name: decodeURIComponent(name), version: Number(version) }
  return (
    <Prefetch
      queries={(trpc) => [
        trpc.models.getVersion.queryOptions(where),
        trpc.models.get.queryOptions({ workspace: where.workspace, name: where.name }),
      ]}
    >
      <VersionView {...where} />
    </Prefetch>
  )
}
