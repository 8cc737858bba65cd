'use client'
import type { LogLine } from '@keelson/contracts/training'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useTRPCClient } from '@/trpc/client.tsx'

/** While a job runs the stream says when lines came; this is only for the case that a word of it was lost. */
const askAgainMs = 2_000
const pageLines = 5_000

type Tail = { lines: LogLine[]; cursor: string | undefined; complete: boolean }
type Wanted = { workspace: string; uid: string; podUid: string | undefined; replica: string | undefined }

/** A job's lines so far. Asked anew it goes on from the last line it has, so a long log is read once. */
export function useJobLogs({ workspace, uid, podUid, replica }: Wanted) {
  const client = useTRPCClient()
  const queryClient = useQueryClient()
  // The shape of tRPC's own keys, so that the live stream touches it as `jobs.logs`.
  const queryKey = [['jobs', 'logs'], { input: { workspace, uid, podUid, replica }, type: 'tail' }]
  return useQuery<Tail>({
    queryKey,
    structuralSharing: false,
    refetchInterval: (query) => (query.state.data?.complete ? false : askAgainMs),
    queryFn: async ({ signal }): Promise<Tail> => {
      const kept = queryClient.getQueryData<Tail>(queryKey)
      if (kept?.complete) return kept
      const lines = kept ? [...kept.lines] : []
      let after = kept?.cursor
      for (;;) {
        const page = await client.jobs.logs.query(
          {
            workspace,
            uid,
            limit: pageLines,
            ...(podUid === undefined ? {} : { podUid }),
            ...(replica === undefined ? {} : { replica }),
            ...(after === undefined ? {} : { after }),
          },
          { signal },
        )
        lines.push(...page.lines)
        after = page.cursor
        if (page.lines.length < pageLines) return { lines, cursor: after, complete: page.complete }
      }
    },
  })
}
