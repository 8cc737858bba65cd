import type { Metadata } from 'next'
import { EndpointList } from '@/features/endpoints/endpoint-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Endpoints' }

type Props = { params: Promise<{ workspace: string }> }

export default async function EndpointListPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    <Prefetch queries={(trpc) => [trpc.endpoints.list.queryOptions(where)]}>
      <EndpointList {...where} />
    </Prefetch>
  )
}
