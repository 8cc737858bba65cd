import type { Metadata } from 'next'
import { KindList } from '@/features/objects/kind-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Objects' }

type Props = { params: Promise<{ workspace: string }> }

export default async function ObjectsPage({ params }: Props) {
  const workspace = decodeURIComponent((await params).workspace)
  return (
    <Prefetch queries={(trpc) => [trpc.objects.kinds.queryOptions({ workspace })]}>
      <KindList workspace={workspace} />
    </Prefetch>
  )
}
