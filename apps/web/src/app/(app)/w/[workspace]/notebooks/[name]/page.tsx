import type { Metadata } from 'next'
import { NotebookView } from '@/features/notebooks/notebook-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Notebook' }

type Props = { params: Promise<{ workspace: string; name: string }> }

export default async function NotebookViewPage({ params }: Props) {
  const { workspace, name } = await params
  const where = { workspace: decodeURIComponent(workspace), name: decodeURIComponent(name) }
  return (
    <Prefetch queries={(trpc) => [trpc.notebooks.get.queryOptions(where)]}>
      <NotebookView {...where} />
    </Prefetch>
  )
}
