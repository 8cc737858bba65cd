'use client'
import { RelativeTime } from '@keelson/ui/relative-time'
import { useQuery } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { paths } from '@/view/paths.ts'
import { RecentPanel, RecentRows } from '@/view/recent-panel.tsx'
import { TextLink } from '@/view/text-link.tsx'
import { ConnectButton } from './notebook-buttons.tsx'

const shown = 4

/** The latest notebooks, for the home of a workspace. */
export function RecentNotebooks({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const notebooks = useQuery(trpc.notebooks.list.queryOptions({ workspace }))
  const none = (
    <>
      No notebook yet.{' '}
      <TextLink className="underline" href={paths.newNotebook(workspace)}>
        Make one
      </TextLink>{' '}
      to work in.
    </>
  )
  return (
    <RecentPanel
      title="Notebooks"
      all={{ href: paths.notebooks(workspace), label: 'All notebooks' }}
      bodyClassName="p-0"
    >
      <Loaded query={notebooks}>
        {(all) => (
          <RecentRows
            rows={all.slice(0, shown)}
            hrefOf={(one) => paths.notebook(workspace, one.name)}
            aside={(one) => (
              <>
                <RelativeTime at={one.lastActivityAt ?? one.createdAt} />
                <ConnectButton notebook={one} size="sm" />
              </>
            )}
            none={none}
          />
        )}
      </Loaded>
    </RecentPanel>
  )
}
