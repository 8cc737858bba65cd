import type { GateResult } from '@keelson/contracts/registry'
import { Badge } from '@keelson/ui/badge'
import { RunLink } from '@/features/runs/index.ts'

const runId = /\brun ([0-9a-f]{32})\b/

/** What a gate found, in the server's own sentence; the run that it compared with is named and linked. */
export function GateFinding({ workspace, gate }: { workspace: string; gate: GateResult }) {
  const [before = '', id, after = ''] = gate.reason.split(runId)
  return (
    <p className="text-xs">
      <Badge tone={gate.passed ? 'success' : 'danger'}>gate {gate.passed ? 'passed' : 'failed'}</Badge>{' '}
      <span className="tabular text-fg-muted">
        {before}
        {id === undefined ? null : (
          <>
            run <RunLink workspace={workspace} runId={id} />
          </>
        )}
        {after}
      </span>
    </p>
  )
}
