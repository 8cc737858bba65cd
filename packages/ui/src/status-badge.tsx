'use client'
import type { Status, StatusDetail } from '@keelson/contracts/status'
import { CircleAlert, CircleCheck, CircleDashed, CircleHelp, CirclePause, CircleX, LoaderCircle } from 'lucide-react'
import type { ComponentType } from 'react'
import { Badge, type Tone } from './badge.tsx'
import { cn } from './cn.ts'
import { formatAbsolute } from './format.ts'
import { Tooltip } from './tooltip.tsx'

type Look = { word: string; tone: Tone; icon: ComponentType<{ className?: string; 'aria-hidden'?: boolean }> }

/** The one vocabulary of states: a colour, an icon and a word for each, the same in lists, graphs and logs. */
export const statusLooks: Readonly<Record<Status, Look>> = {
  pending: { word: 'Pending', tone: 'neutral', icon: CircleDashed },
  running: { word: 'Running', tone: 'info', icon: LoaderCircle },
  ready: { word: 'Ready', tone: 'success', icon: CircleCheck },
  succeeded: { word: 'Succeeded', tone: 'success', icon: CircleCheck },
  degraded: { word: 'Degraded', tone: 'warning', icon: CircleAlert },
  failed: { word: 'Failed', tone: 'danger', icon: CircleX },
  stopped: { word: 'Stopped', tone: 'neutral', icon: CirclePause },
  unknown: { word: 'Unknown', tone: 'neutral', icon: CircleHelp },
}

/** A status; when it carries reasons, hovering or focusing it tells them and since when they hold. */
export function StatusBadge({
  status,
  detail,
  className,
}: {
  status: Status
  detail?: StatusDetail
  className?: string
}) {
  const look = statusLooks[status]
  const badge = (
    <Badge tone={look.tone} className={cn(className)}>
      <look.icon aria-hidden className={status === 'running' ? 'animate-spin' : ''} />
      {look.word}
    </Badge>
  )
  if (!detail || (!detail.reason && !detail.message && !detail.since)) return badge
  return (
    <Tooltip
      text={
        <span className="grid gap-0.5">
          {detail.reason ? <strong>{detail.reason}</strong> : null}
          {detail.message ? <span>{detail.message}</span> : null}
          {detail.since ? <span className="opacity-75">since {formatAbsolute(detail.since)}</span> : null}
        </span>
      }
    >
      <button type="button" className="inline-flex cursor-help rounded align-middle">
        {badge}
      </button>
    </Tooltip>
  )
}

const runWords: Readonly<Record<string, Status>> = {
  RUNNING: 'running',
  SCHEDULED: 'pending',
  FINISHED: 'succeeded',
  FAILED: 'failed',
  KILLED: 'stopped',
}

/** MLflow's run states in the platform's own words. */
export function statusOfRun(status: string): Status {
  return runWords[status] ?? 'unknown'
}
