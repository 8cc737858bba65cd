import type { Metadata } from 'next'
import { NewWorkspace } from '@/features/workspaces/new-workspace.tsx'
import { visitor } from '@/trpc/server.tsx'

export const metadata: Metadata = { title: 'New workspace' }

export default async function NewWorkspacePage() {
  const me = await visitor()
  return <NewWorkspace username={me.username} />
}
