'use client'
import { Meter } from '@keelson/ui/meter'
import { useQuery } from '@tanstack/react-query'
import { resourceWords } from '@/features/use/index.ts'
import { useTRPC } from '@/trpc/client.tsx'

const isStorage = (resource: string) => /(^|[./])(requests\.storage|persistentvolumeclaims)$/.test(resource)

/** What the workspace's quota leaves for volumes, told before one asks for more. */
export function StorageQuota({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const { data } = useQuery(trpc.workspaces.use.queryOptions({ workspace }))
  if (!data) return null
  const lines = data.quotas.filter(({ resource }) => isStorage(resource))
  return (
    <section aria-label="Quota for volumes" className="rounded-md border border-line px-3 py-2.5">
      {lines.length === 0 ? (
        <p className="text-xs text-fg-subtle">No quota limits the volumes of {workspace}.</p>
      ) : (
        <>
          <p className="mb-2 text-xs text-fg-subtle">Used of the quota of {workspace}</p>
          <div className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
            {lines.map((line) => (
              <Meter
                key={`${line.quota}/${line.resource}`}
                label={resourceWords(line.resource)}
                value={line.ratio}
                figures={`${line.used} of ${line.hard}`}
              />
            ))}
          </div>
        </>
      )}
    </section>
  )
}
