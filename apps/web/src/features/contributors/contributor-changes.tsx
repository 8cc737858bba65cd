'use client'
import { Panel } from '@keelson/ui/card'
import { useQuery } from '@tanstack/react-query'
import { ActivityItems } from '@/features/activity/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { useCan } from '@/view/can.ts'
import { Loaded } from '@/view/loaded.tsx'

/** Who gave, changed and took which role, from the audit trail, which owners read. */
export function ContributorChanges({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const mayRead = useCan(workspace)('readAudit')
  const where = { workspace, objectKind: 'contributor', limit: 20 }
  const changes = useQuery({ ...trpc.activity.list.queryOptions(where), enabled: mayRead?.allowed === true })
  return (
    <Panel title="Changes of roles" hint="the audit trail, for owners" bodyClassName="px-4 py-1">
      {mayRead?.allowed === false ? (
        <p className="py-2 text-[13px] text-fg-muted">
          You do not see who gave and took roles here: the audit trail is for the owners of {workspace}.
        </p>
      ) : (
        <Loaded query={changes}>{(page) => <ActivityItems items={page.items} />}</Loaded>
      )}
    </Panel>
  )
}
