import type { Metadata } from 'next'
import { KindList } from '@/features/objects/kind-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Objects' }

export default function ClusterObjectsPage() {
  return (
    <Prefetch queries={(trpc) => [trpc.objects.kinds.queryOptions({ workspace: null })]}>
      <KindList workspace={null} />
    </Prefetch>
  )
}
