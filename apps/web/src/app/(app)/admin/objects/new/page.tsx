import type { Metadata } from 'next'
import { NewObject } from '@/features/objects/new-object.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'New object' }

export default function NewClusterObjectPage() {
  return (
    <Prefetch queries={(trpc) => [trpc.objects.kinds.queryOptions({ workspace: null })]}>
      <NewObject workspace={null} />
    </Prefetch>
  )
}
