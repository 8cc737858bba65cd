'use client'
import { Panel } from '@keelson/ui/card'
import { RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge } from '@keelson/ui/status-badge'
import { useQuery } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { ConnectButton } from './notebook-buttons.tsx'

const shown = 4

/** The latest notebooks, for the home of a workspace. */
export function RecentNotebooks({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const notebooks = useQuery(trpc.notebooks.list.queryOptions({ workspace }))
  return (
    <Panel
      title="Notebooks"
      actions={
        <TextLink href={paths.notebooks(workspace)} className="text-xs">
          All notebooks
        </TextLink>
      }
      bodyClassName="p-0"
    >
      <Loaded query={notebooks}>
        {(all) => (
          <ul className="divide-y divide-line">
            {all.slice(0, shown).map((one) => (
              <li key={one.uid} className="flex h-10 items-center gap-3 px-4 text-[13px]">
                <span className="w-24 shrink-0">
                  <StatusBadge status={one.status.status} detail={one.status} />
                </span>
                <TextLink href={paths.notebook(workspace, one.name)} className="truncate font-medium">
                  {one.name}
                </TextLink>
                <span className="ml-auto flex shrink-0 items-center gap-4 text-xs text-fg-subtle">
                  <RelativeTime at={one.lastActivityAt ?? one.createdAt} />
                  <ConnectButton notebook={one} size="sm" />
                </span>
              </li>
            ))}
            {all.length === 0 ? (
              <li className="p-4 text-[13px] text-fg-muted">
                No notebook yet.{' '}
                <TextLink className="underline" href={paths.newNotebook(workspace)}>
                  Make one
                </TextLink>{' '}
                to work in.
              </li>
            ) : null}
          </ul>
        )}
      </Loaded>
    </Panel>
  )
}
