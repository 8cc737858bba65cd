import type { Metadata } from 'next'
import { NotebookList } from '@/features/notebooks/notebook-list.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Notebooks' }

type Props = { params: Promise<{ workspace: string }> }

export default async function NotebookListPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    <Prefetch queries={(trpc) => [trpc.notebooks.list.queryOptions(where)]}>
      <NotebookList {...where} />
    </Prefetch>
  )
}
