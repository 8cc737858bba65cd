import type { Metadata } from 'next'
import { HomeView } from '@/features/home/home-view.tsx'
import { Prefetch } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'Home' }

type Props = { params: Promise<{ workspace: string }> }

export default async function WorkspaceHome({ params }: Props) {
  const workspace = decodeURIComponent((await params).workspace)
  const where = { workspace }
  return (
    <Prefetch
      queries={(trpc) => [
        trpc.workspaces.get.queryOptions(where),
        trpc.platform.sample.queryOptions(),
        trpc.workspaces.use.queryOptions(where),
        trpc.notebooks.list.queryOptions(where),
        trpc.jobs.list.queryOptions(where),
        trpc.models.list.queryOptions(where),
        trpc.endpoints.list.queryOptions(where),
        trpc.experiments.list.queryOptions(where),
        trpc.activity.list.queryOptions({ ...where, limit: 8 }),
      ]}
    >
      <HomeView workspace={workspace} />
    </Prefetch>
  )
}
