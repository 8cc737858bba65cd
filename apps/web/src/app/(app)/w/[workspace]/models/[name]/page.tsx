import type { Metadata } from 'next'
import { ModelView } from '@/features/models/model-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Model' }

type Props = { params: Promise<{ workspace: string; name: string }> }

export default async function ModelViewPage({ params }: Props) {
  const { workspace, name } = await params
  const where = { workspace: decodeURIComponent(workspace), name: decodeURIComponent(name) }
  return (
    <Prefetch queries={(trpc) => [trpc.models.get.queryOptions(where)]}>
      <ModelView {...where} />
    </Prefetch>
  )
}
