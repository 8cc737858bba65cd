import type { Metadata } from 'next'
import { ContributorList } from '@/features/contributors/contributor-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Contributors' }

type Props = { params: Promise<{ workspace: string }> }

export default async function ContributorListPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    <Prefetch queries={(trpc) => [trpc.workspaces.listContributors.queryOptions(where)]}>
      <ContributorList {...where} />
    </Prefetch>
  )
}
