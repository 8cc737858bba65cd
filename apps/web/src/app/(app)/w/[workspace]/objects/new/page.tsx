import type { Metadata } from 'next'
import { NewObject } from '@/features/objects/new-object.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'New object' }

type Props = { params: Promise<{ workspace: string }> }

export default async function NewObjectPage({ params }: Props) {
  const workspace = decodeURIComponent((await params).workspace)
  return (
    <Prefetch queries={(trpc) => [trpc.objects.kinds.queryOptions({ workspace })]}>
      <NewObject workspace={workspace} />
    </Prefetch>
  )
}
