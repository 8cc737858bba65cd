'use client'
import { Panel } from '@keelson/ui/card'
import { useQuery } from '@tanstack/react-query'
import { ActivityItems } from '@/features/activity/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'

/** Who gave, changed and took which role, from the audit trail, which owners read. */
export function ContributorChanges({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const where = { workspace, objectKind: 'contributor', limit: 20 }
  const changes = useQuery(trpc.activity.list.queryOptions(where))
  return (
    <Panel title="Changes of roles" hint="the audit trail, for owners" bodyClassName="px-4 py-1">
      <Loaded query={changes}>{(page) => <ActivityItems items={page.items} />}</Loaded>
    </Panel>
  )
}
