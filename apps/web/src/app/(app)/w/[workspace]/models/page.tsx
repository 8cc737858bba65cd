import type { Metadata } from 'next'
import { ModelList } from '@/features/models/model-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Models' }

type Props = { params: Promise<{ workspace: string }> }

export default async function ModelListPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    <Prefetch queries={(trpc) => [trpc.models.list.queryOptions(where)]}>
      <ModelList {...where} />
    </Prefetch>
  )
}
