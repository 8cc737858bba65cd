'use client'
import { useQuery } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'

/** A run of which only the id is known, by its name and with its link; its short id where it cannot be read (any more). */
export function RunLink({ workspace, runId }: { workspace: string; runId: string }) {
  const trpc = useTRPC()
  const run = useQuery(trpc.runs.get.queryOptions({ workspace, runId })).data?.run
  if (!run) return <code className="font-mono text-xs">{runId.slice(0, 8)}</code>
  // It stands in running text, where colour alone does not tell a link (WCAG 1.4.1).
  return (
    <TextLink href={paths.run(workspace, run.experimentId, run.id)} className="underline">
      {run.name}
    </TextLink>
  )
}
