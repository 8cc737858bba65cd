'use client'
import type { StageTransition } from '@keelson/contracts/registry'
import { Badge, type Tone } from '@keelson/ui/badge'
import { Panel } from '@keelson/ui/card'
import { PermissionButton } from '@keelson/ui/permission-button'
import { RelativeTime } from '@keelson/ui/relative-time'
import { ArrowRight } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useCan } from '@/view/can.ts'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { Who } from '@/view/who.tsx'
import { GateFinding } from './gate-finding.tsx'
import { StageBadge } from './stage-badge.tsx'

const DecideDialog = dynamic(() => import('./decide-dialog.tsx').then((module) => module.DecideDialog), { ssr: false })

const looks: Readonly<Record<StageTransition['state'], { word: string; tone: Tone }>> = {
  requested: { word: 'waits for a decision', tone: 'warning' },
  approved: { word: 'approved', tone: 'success' },
  applied: { word: 'applied', tone: 'success' },
  refused: { word: 'refused', tone: 'danger' },
}

/** Every move between stages, refused ones too: who asked, what the gate found, who decided and why. */
export function Transitions({
  workspace,
  transitions,
}: {
  workspace: string
  transitions: readonly StageTransition[]
}) {
  const can = useCan(workspace)
  const [deciding, setDeciding] = useState<{ transition: StageTransition; approve: boolean } | null>(null)
  return (
    <Panel title="Stage history" bodyClassName="p-0">
      {transitions.length === 0 ? <p className="p-4 text-[13px] text-fg-muted">No version has moved yet.</p> : null}
      <ul className="divide-y divide-line">
        {transitions.map((one) => (
          <li key={one.id} className="grid gap-1.5 px-4 py-3 text-[13px]">
            <div className="flex flex-wrap items-center gap-2">
              <TextLink href={paths.version(workspace, one.model, one.version)} className="font-medium">
                version {one.version}
              </TextLink>
              <StageBadge stage={one.from} />
              <ArrowRight aria-label="to" className="size-3.5 text-fg-subtle" />
              <StageBadge stage={one.to} />
              <Badge tone={looks[one.state].tone}>{looks[one.state].word}</Badge>
              <RelativeTime at={one.decidedAt ?? one.requestedAt} className="ml-auto text-xs text-fg-subtle" />
            </div>
            <p className="text-xs text-fg-muted">
              asked by <Who name={one.requestedBy} />
              <Decider transition={one} />
              {one.reason && one.reason !== one.gate?.reason ? <span className="text-fg">: “{one.reason}”</span> : null}
            </p>
            {one.gate ? <GateFinding workspace={workspace} gate={one.gate} /> : null}
            {one.state === 'requested' ? (
              <div className="flex gap-2 pt-1">
                <PermissionButton
                  size="sm"
                  variant="primary"
                  decision={can('decideStage')}
                  onClick={() => setDeciding({ transition: one, approve: true })}
                >
                  Approve
                </PermissionButton>
                <PermissionButton
                  size="sm"
                  decision={can('decideStage')}
                  onClick={() => setDeciding({ transition: one, approve: false })}
                >
                  Refuse
                </PermissionButton>
              </div>
            ) : null}
          </li>
        ))}
      </ul>
      {deciding ? <DecideDialog workspace={workspace} {...deciding} onClose={() => setDeciding(null)} /> : null}
    </Panel>
  )
}

/** Who decided, and how: the gate by its numbers, a person by approving or refusing. Whoever may, moves at once. */
function Decider({ transition }: { transition: StageTransition }) {
  const { decidedBy, requestedBy, state } = transition
  if (decidedBy === null || decidedBy === requestedBy) return null
  if (decidedBy === 'gate') return <>, decided by its gate</>
  return (
    <>
      , {state === 'refused' ? 'refused' : 'approved'} by <Who name={decidedBy} />
    </>
  )
}
