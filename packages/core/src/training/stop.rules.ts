/** Stopping for good: the job ends as one whose time is over, stays in the cluster with its record, and cannot be resumed. */
import { frameworkOf } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { StatusDetail } from '@keelson/contracts/status'
import { z } from 'zod'

/**
 * On a job that somebody stopped: when, and the deadline and clean-up that it had, which another run of it has again. Who is in
 * the audit trail: an annotation proves nothing of that.
 */
export const stoppedAnnotation = 'keelson.dev/stopped'

const Policy = z.looseObject({ activeDeadlineSeconds: z.number().optional(), cleanPodPolicy: z.string().optional() })
type Policy = z.infer<typeof Policy>
type Spec = Policy & { runPolicy?: Policy }

/**
 * Kubernetes knows no stop but a deadline, which ends a job's pods and keeps the job; one second is its shortest.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup
 * A training job's pods end with it only where its `cleanPodPolicy` says so. Null: a kind without a deadline.
 */
export function stopPatch(job: KubeObject, at: Date): { metadata: object; spec: object } | null {
  const isJob = job.kind === 'Job'
  if (!isJob && !frameworkOf(job.kind)) return null
  const spec = (job.spec ?? {}) as Spec
  const { activeDeadlineSeconds, cleanPodPolicy } = (isJob ? spec : spec.runPolicy) ?? {}
  const before = JSON.stringify({ at: at.toISOString(), activeDeadlineSeconds, cleanPodPolicy })
  const metadata = { annotations: { [stoppedAnnotation]: before } }
  if (isJob) return { metadata, spec: { activeDeadlineSeconds: 1 } }
  const kept = cleanPodPolicy === 'All' ? 'All' : 'Running'
  return { metadata, spec: { runPolicy: { activeDeadlineSeconds: 1, cleanPodPolicy: kept } } }
}

/** The job as it was before it was stopped. One that was not is given back as it is. */
export function withoutStop<T extends KubeObject>(job: T): T {
  const text = job.metadata.annotations?.[stoppedAnnotation]
  const before = text === undefined ? null : (Policy.safeParse(parsed(text)).data ?? {})
  if (before === null) return job
  const { [stoppedAnnotation]: _, ...annotations } = job.metadata.annotations ?? {}
  const spec = (job.spec ?? {}) as Spec
  const former = job.kind === 'Job' ? restored(spec, before) : { ...spec, runPolicy: restored(spec.runPolicy, before) }
  return { ...job, metadata: { ...job.metadata, annotations }, spec: former }
}

function restored(policy: Policy = {}, { activeDeadlineSeconds, cleanPodPolicy }: Policy): Policy {
  const { activeDeadlineSeconds: _, cleanPodPolicy: __, ...kept } = policy
  return {
    ...kept,
    ...(activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds }),
    ...(cleanPodPolicy === undefined ? {} : { cleanPodPolicy }),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A job that was stopped by hand did not fail. */
export function withStop(job: KubeObject, status: StatusDetail): StatusDetail {
  const isStopped = job.metadata.annotations?.[stoppedAnnotation] !== undefined
  const words = `${status.reason} ${status.message}`
  if (!isStopped || status.status !== 'failed' || !/DeadlineExceeded|specified deadline/.test(words)) return status
  return { ...status, status: 'stopped', reason: 'Stopped', message: 'It was stopped by hand. Its record is kept.' }
}
