import type { Metadata } from 'next'
import { EndpointView } from '@/features/endpoints/endpoint-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Endpoint' }

type Props = { params: Promise<{ workspace: string; name: string }> }

export default async function EndpointViewPage({ params }: Props) {
  const { workspace, name } = await params
  const where = { workspace: decodeURIComponent(workspace), name: decodeURIComponent(name) }
  return (
    <Prefetch queries={(trpc) => [trpc.endpoints.get.queryOptions(where)]}>
      <EndpointView {...where} />
    </Prefetch>
  )
}
