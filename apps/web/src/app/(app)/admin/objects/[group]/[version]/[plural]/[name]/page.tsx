import type { Metadata } from 'next'
import { kindOfParams } from '@/features/objects/object-address.ts'
import { ObjectView } from '@/features/objects/object-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Object' }

type Props = { params: Promise<{ group: string; version: string; plural: string; name: string }> }

export default async function ClusterObjectPage({ params }: Props) {
  const { name, ...rest } = await params
  const address = { workspace: null, ...kindOfParams(rest), name: decodeURIComponent(name) }
  return (
    <Prefetch queries={(trpc) => [trpc.objects.get.queryOptions({ ...address, reveal: false })]}>
      <ObjectView address={address} />
    </Prefetch>
  )
}
