'use client'
import type { Run } from '@keelson/contracts/experiments'
import { Panel } from '@keelson/ui/card'
import { Duration } from '@keelson/ui/relative-time'
import { StatusBadge, statusOfRun } from '@keelson/ui/status-badge'
import { useQuery } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'

/** The tag by which MLflow's clients nest runs. */
export const parentTag = 'mlflow.parentRunId'
const ids = /^[0-9a-f]+$/

/** The runs that were started within this one. Nothing where there are none. */
export function ChildRuns({ workspace, run }: { workspace: string; run: Run }) {
  const trpc = useTRPC()
  const children = useQuery({
    ...trpc.runs.search.queryOptions({
      workspace,
      experimentId: run.experimentId,
      filter: `tags.\`${parentTag}\` = '${run.id}'`,
    }),
    enabled: ids.test(run.id),
  }).data?.items
  if (!children || children.length === 0) return null
  return (
    <Panel title={`Child runs (${children.length})`} bodyClassName="p-0">
      <ul aria-label="Child runs" className="divide-y divide-line">
        {children.map((child) => (
          <li key={child.id} className="flex h-10 items-center gap-3 px-4 text-[13px]">
            <span className="w-24 shrink-0">
              <StatusBadge status={statusOfRun(child.status)} />
            </span>
            <TextLink href={paths.run(workspace, child.experimentId, child.id)} className="truncate font-medium">
              {child.name}
            </TextLink>
            <span className="ml-auto text-xs text-fg-subtle">
              <Duration from={child.startedAt} to={child.finishedAt} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
