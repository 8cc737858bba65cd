import type { Metadata } from 'next'
import { NewNotebook } from '@/features/notebooks/new-notebook.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'New notebook' }

type Props = { params: Promise<{ workspace: string }> }

export default async function NewNotebookPage({ params }: Props) {
  const { workspace } = await params
  const where = { workspace: decodeURIComponent(workspace) }
  return (
    <Prefetch queries={(trpc) => [trpc.notebooks.spawner.queryOptions(where)]}>
      <NewNotebook {...where} />
    </Prefetch>
  )
}
