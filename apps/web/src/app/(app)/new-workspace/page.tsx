import type { Metadata } from 'next'
import { NewWorkspace } from '@/features/workspaces/new-workspace.tsx'
import { Prefetch, visitor } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'New workspace' }

export default async function NewWorkspacePage() {
  const me = await visitor()
  return (
    <Prefetch queries={(trpc) => [trpc.workspaces.registration.queryOptions()]}>
      <NewWorkspace username={me.username} />
    </Prefetch>
  )
}
