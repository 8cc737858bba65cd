import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { StatusDetail } from '@keelson/contracts/status'
import { type Pod, podFacts } from './pod.rules.ts'

type JobCondition = { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }

/** The parts of a batch/v1 Job that history is made of. */
export type Job = KubeObject & {
  spec?: {
    backoffLimit?: number
    suspend?: boolean
    parallelism?: number
    completions?: number
    template?: unknown
  }
  status?: {
    active?: number
    ready?: number
    failed?: number
    succeeded?: number
    startTime?: string
    completionTime?: string
    conditions?: JobCondition[]
  }
}

export type JobFacts = {
  status: StatusDetail
  startedAt: string | null
  finishedAt: string | null
  failedPods: number
  backoffLimit: number | null
}

/**
 * What a Job's conditions and pods come down to. A failed or waiting job borrows its reason from the newest pod: "backoff
 * limit reached" alone helps nobody.
 */
export function jobFacts(job: Job, pods: readonly Pod[]): JobFacts {
  const { startTime, completionTime, failed = 0, conditions = [] } = job.status ?? {}
  const end = conditions.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')
  return {
    status: jobStatus(job, end, newest(pods)),
    startedAt: iso(startTime),
    finishedAt: end ? iso(completionTime ?? end.lastTransitionTime) : null,
    failedPods: failed,
    backoffLimit: job.spec?.backoffLimit ?? null,
  }
}

function jobStatus(job: Job, end: JobCondition | undefined, pod: Pod | undefined): StatusDetail {
  const made = iso(job.metadata.creationTimestamp)
  const inner = pod ? podFacts(pod).status : null
  if (end?.type === 'Complete')
    return {
      status: 'succeeded',
      reason: end.reason ?? 'Completed',
      message: end.message || null,
      since: iso(end.lastTransitionTime),
    }
  if (end) {
    const last = inner?.status === 'failed' && inner.message ? `Last attempt: ${inner.message}` : null
    const message = [end.message ? `${end.message}.` : null, last].filter((part) => part !== null).join(' ')
    return {
      status: 'failed',
      reason: end.reason ?? 'Failed',
      message: message || null,
      since: iso(end.lastTransitionTime),
    }
  }
  const suspended = (job.status?.conditions ?? []).find(({ type, status }) => type === 'Suspended' && status === 'True')
  if (suspended ?? job.spec?.suspend) {
    return {
      status: 'stopped',
      reason: 'Suspended',
      message: suspended?.message ?? null,
      since: iso(suspended?.lastTransitionTime) ?? made,
    }
  }
  if (inner?.status === 'running' || inner?.status === 'degraded') return inner
  // Between a failed attempt and the next one the job is at work: its pods say how.
  if (inner?.status === 'failed') return { ...inner, status: 'running', reason: 'Retrying', message: inner.message }
  return {
    status: 'pending',
    reason: inner?.reason ?? null,
    message: inner?.message ?? null,
    since: inner?.since ?? made,
  }
}

/** Oldest first: the order of attempts. */
export function byCreation(one: KubeObject, other: KubeObject): number {
  const at = (object: KubeObject) => object.metadata.creationTimestamp ?? ''
  return at(one).localeCompare(at(other)) || (one.metadata.name ?? '').localeCompare(other.metadata.name ?? '')
}

function newest(pods: readonly Pod[]): Pod | undefined {
  const sorted = [...pods].sort(byCreation)
  return sorted.findLast((pod) => pod.status?.phase === 'Running') ?? sorted.at(-1)
}

function iso(time: string | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString()
}
