'use client'
import type { NotebookServer } from '@keelson/contracts/notebooks'
import type { LogLine } from '@keelson/contracts/training'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { LogViewer } from '@keelson/ui/log-viewer'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'

const keptLines = 20_000

/** The server's log as it grows. It ends with its pod: what must be kept belongs into the volume. */
export function NotebookLogs({ notebook, hasPod }: { notebook: NotebookServer; hasPod: boolean }) {
  const { workspace, name } = notebook
  const trpc = useTRPC()
  const [lines, setLines] = useState<readonly LogLine[]>([])
  const stream = useSubscription(
    trpc.notebooks.logs.subscriptionOptions(
      { workspace, name },
      {
        enabled: hasPod,
        // A stream that was broken off begins anew.
        onData: (batch) =>
          setLines((before) => (batch.isFirst ? batch.lines : [...before, ...batch.lines]).slice(-keptLines)),
      },
    ),
  )
  if (!hasPod)
    return <p className="text-[13px] text-fg-muted">It does not run, so there is no log. Events say what happened.</p>
  if (stream.status === 'error' && lines.length === 0) return <ErrorPanel error={errorBodyOf(stream.error)} />
  return <LogViewer lines={lines} live={stream.status === 'pending'} fileName={`${name}.log`} showPod={false} />
}
