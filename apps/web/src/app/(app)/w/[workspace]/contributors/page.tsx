import type { Metadata } from 'next'
import { ContributorList } from '@/features/contributors/contributor-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Contributors' }

type Props = { params: Promise<{ workspace: string }> }

export default async function ContributorListPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    // The workspace is the subject: who may enter it sees the page, and in it why the list is kept from them.
    <Prefetch
      queries={(trpc) => [
        trpc.workspaces.get.queryOptions(where),
        trpc.workspaces.listContributors.queryOptions(where),
      ]}
    >
      <ContributorList {...where} />
    </Prefetch>
  )
}
