/**
 * When an idle notebook is warned and stopped. Annotations and times are those of Kubeflow's culling controller; beyond it,
 * terminals and open connections count as work, and there is a warning before the end. Pure.
 */
import { notebookAnnotations as key, type Notebook } from '@keelson/contracts/kinds'

export type CullingSettings = {
  /** How long nothing may happen before the notebook is stopped. */
  idleMs: number
  /** How often it is looked at. */
  periodMs: number
}

/** What a notebook's server says of itself. */
export type NotebookActivity =
  /** No answer: nothing new is known, and the time of idleness goes on. */
  | { kind: 'silent' }
  /** An answer that is not Jupyter's: whether somebody works there cannot be seen, so it is not stopped. */
  | { kind: 'unknown' }
  | { kind: 'seen'; inUse: boolean; lastActivity: Date | null }

export type CullingPlan = {
  /** What to change of the annotations; null takes one away. */
  annotations: Record<string, string | null>
  event: { type: 'Normal' | 'Warning'; reason: string; message: string } | null
  wakeAfterMs: number | null
}

const longestWarningMs = 10 * 60_000

/** How long before the end people are told: ten minutes, or a quarter of a short idle time. */
export function warningMs({ idleMs }: CullingSettings): number {
  return Math.min(longestWarningMs, idleMs / 4)
}

/** A notebook that is stopped, has no pod, or is not culled: what the culler wrote of it is taken away. */
export function planRest(notebook: Notebook): CullingPlan {
  const written = [key.lastActivity, key.lastActivityCheck, key.cullAt].filter(
    (each) => annotationOf(notebook, each) !== undefined,
  )
  return { annotations: Object.fromEntries(written.map((each) => [each, null])), event: null, wakeAfterMs: null }
}

/** Milliseconds until the notebook is to be looked at; 0 when it is time. */
export function untilLook(notebook: Notebook, now: Date, { periodMs }: CullingSettings): number {
  const checked = timeOf(notebook, key.lastActivityCheck)
  if (checked === null || timeOf(notebook, key.lastActivity) === null) return 0
  const due = Math.min(
    checked.getTime() + periodMs,
    timeOf(notebook, key.cullAt)?.getTime() ?? Number.POSITIVE_INFINITY,
  )
  return Math.max(0, due - now.getTime())
}

export function planCulling(
  notebook: Notebook,
  activity: NotebookActivity,
  now: Date,
  settings: CullingSettings,
): CullingPlan {
  const last = lastActivity(notebook, activity, now)
  const stamps = { [key.lastActivity]: stamp(last), [key.lastActivityCheck]: stamp(now) }
  const isExempt = annotationOf(notebook, key.culling) === 'disabled' || activity.kind === 'unknown'
  const idleEnd = new Date(last.getTime() + settings.idleMs)
  const warnedOf = timeOf(notebook, key.cullAt)
  if (isExempt || idleEnd.getTime() - now.getTime() > warningMs(settings))
    return {
      annotations: { ...stamps, ...(warnedOf === null ? {} : { [key.cullAt]: null }) },
      event: null,
      wakeAfterMs: settings.periodMs,
    }
  if (warnedOf === null)
    return warn(notebook, stamps, last, later(idleEnd, add(now, warningMs(settings))), now, settings)
  // Something happened after the warning, though not lately: the warning was of an earlier end.
  if (idleEnd.getTime() - warnedOf.getTime() >= 1_000) return warn(notebook, stamps, last, idleEnd, now, settings)
  if (now < warnedOf) return { annotations: stamps, event: null, wakeAfterMs: wake(warnedOf, now, settings) }
  return stop(notebook, last, now)
}

function warn(
  { metadata }: Notebook,
  stamps: Record<string, string>,
  last: Date,
  end: Date,
  now: Date,
  settings: CullingSettings,
): CullingPlan {
  const message = `The notebook ${metadata.name} has been idle since ${stamp(last)} and will be stopped at ${stamp(end)}, unless somebody works in it. The annotation ${key.culling}: disabled keeps it running.`
  return {
    annotations: { ...stamps, [key.cullAt]: stamp(end) },
    event: { type: 'Warning', reason: 'CullingSoon', message },
    wakeAfterMs: wake(end, now, settings),
  }
}

function stop(notebook: Notebook, last: Date, now: Date): CullingPlan {
  const message = `The notebook ${notebook.metadata.name} was idle since ${stamp(last)} and was stopped. Its volumes are kept; it can be started again.`
  return {
    annotations: {
      [key.stopped]: stamp(now),
      [key.lastActivity]: null,
      [key.lastActivityCheck]: null,
      [key.cullAt]: null,
    },
    event: { type: 'Normal', reason: 'Culled', message },
    wakeAfterMs: null,
  }
}

/** Never later than now, whatever the notebook's server says: its clock, or its tenant, may be wrong. */
function lastActivity(notebook: Notebook, activity: NotebookActivity, now: Date): Date {
  const known = timeOf(notebook, key.lastActivity) ?? now
  if (activity.kind !== 'seen') return earlier(known, now)
  if (activity.inUse) return now
  // A server that was started anew knows nothing of what was before.
  return earlier(later(known, activity.lastActivity ?? known), now)
}

function wake(end: Date, now: Date, { periodMs }: CullingSettings): number {
  return Math.max(0, Math.min(periodMs, end.getTime() - now.getTime()))
}

function annotationOf({ metadata }: Notebook, name: string): string | undefined {
  return metadata.annotations?.[name]
}

/** Null also for what is no time: a person may have written it. */
function timeOf(notebook: Notebook, name: string): Date | null {
  const time = new Date(annotationOf(notebook, name) ?? '')
  return Number.isNaN(time.getTime()) ? null : time
}

const later = (one: Date, other: Date) => (one > other ? one : other)
const earlier = (one: Date, other: Date) => (one < other ? one : other)
const add = (time: Date, ms: number) => new Date(time.getTime() + ms)

function stamp(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}
