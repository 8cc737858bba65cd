import type { Metadata } from 'next'
import { kindOfParams } from '@/features/objects/object-address.ts'
import { ObjectList } from '@/features/objects/object-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Objects' }

type Props = { params: Promise<{ group: string; version: string; plural: string }> }

export default async function ClusterObjectsOfKindPage({ params }: Props) {
  const kind = kindOfParams(await params)
  return (
    <Prefetch queries={(trpc) => [trpc.objects.list.queryOptions({ workspace: null, ...kind })]}>
      <ObjectList workspace={null} kind={kind} />
    </Prefetch>
  )
}
