/** Jobs of any kind, seen alike: a batch/v1 Job, and the kinds of kubeflow.org/v1 with their replica types. */
import { frameworkOf, type TrainingJob, trainingFrameworks, trainingLabels } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type Resource, resources } from '@keelson/kube'
import { podRequests, quantityText, type RequestingPod } from '../workspaces/index.ts'
import { type Job, type JobFacts, jobFacts } from './job.rules.ts'
import { type Pod, podFacts } from './pod.rules.ts'
import { withStop } from './stop.rules.ts'

export type AnyJob = Job | TrainingJob

/** One replica of a job, as its pods are labelled: `worker` 0. Null where pods have no such part. */
export type ReplicaName = { type: string | null; index: number | null }

export type AnyJobFacts = JobFacts & {
  /** How often a pod was made anew or a container was started again. */
  retries: number
  replicasReady: number
  replicasTotal: number
  /** From 0 to 100; null where the object does not tell. */
  progress: number | null
  /** What all replicas ask for together, by resource: `{ cpu: '2', memory: '1Gi' }`. */
  resources: Record<string, string>
}

const trainingGroup = 'kubeflow.org'

/** How the API addresses jobs of a kind; undefined for what is no job. */
export function jobResourceOf(kind: string): Resource | undefined {
  if (kind === 'Job') return resources.jobs
  const framework = frameworkOf(kind)
  return framework && { group: trainingGroup, version: 'v1', plural: framework.plural, kind, namespaced: true }
}

/** The resources of every kind of job. */
export const jobResources: readonly Resource[] = ['Job', ...trainingFrameworks.map(({ kind }) => kind)].flatMap(
  (kind) => jobResourceOf(kind) ?? [],
)

/** Which replica a pod is an attempt of: by the training labels, or by the index of an Indexed Job. */
export function replicaNameOf(pod: KubeObject): ReplicaName {
  const { labels = {}, annotations = {} } = pod.metadata
  const indexed =
    labels['batch.kubernetes.io/job-completion-index'] ?? annotations['batch.kubernetes.io/job-completion-index']
  const index = Number(labels[trainingLabels.replicaIndex] ?? indexed)
  return { type: labels[trainingLabels.replicaType] ?? null, index: Number.isInteger(index) ? index : null }
}

/** What a job of any kind and its pods come down to. */
export function anyJobFacts(job: AnyJob, pods: readonly Pod[]): AnyJobFacts {
  const parts = replicaParts(job)
  const facts = job.kind === 'Job' ? jobFacts(job as Job, pods) : trainingFacts(job as TrainingJob, pods)
  const restarts = pods
    .flatMap((pod) => pod.status?.containerStatuses ?? [])
    .reduce((sum, { restartCount = 0 }) => sum + restartCount, 0)
  return {
    ...facts,
    status: withStop(job, facts.status),
    retries: madeAnew(job, facts) + restarts,
    replicasReady: pods.filter((pod) => pod.status?.phase === 'Running' && isReady(pod)).length,
    replicasTotal: parts.reduce((sum, { count }) => sum + count, 0),
    progress: job.kind === 'Job' ? completionsPercent(job as Job) : null,
    resources: askedOf(parts),
  }
}

function trainingFacts(job: TrainingJob, pods: readonly Pod[]): JobFacts {
  const { conditions = [], startTime, completionTime, replicaStatuses = {} } = job.status ?? {}
  const holding = conditions.filter(({ status }) => status === 'True')
  const end = holding.find(({ type }) => type === 'Succeeded' || type === 'Failed')
  const state = end ?? holding.at(-1)
  return {
    status: trainingStatus(job, state, pods),
    startedAt: iso(startTime),
    finishedAt: end ? iso(completionTime ?? end.lastTransitionTime) : null,
    failedPods: Object.values(replicaStatuses).reduce((sum, { failed = 0 }) => sum + failed, 0),
    backoffLimit: job.spec.runPolicy?.backoffLimit ?? null,
  }
}

const words = {
  Succeeded: 'succeeded',
  Failed: 'failed',
  Suspended: 'stopped',
  Running: 'running',
  Restarting: 'running',
  Created: 'pending',
} as const

type Condition = NonNullable<NonNullable<TrainingJob['status']>['conditions']>[number]

/** The job's own state. One that waits borrows the reason from a pod that has one; upstream says "is created" for hours. */
function trainingStatus(job: TrainingJob, state: Condition | undefined, pods: readonly Pod[]): JobFacts['status'] {
  const since = iso(state?.lastTransitionTime) ?? iso(job.metadata.creationTimestamp)
  const status = state ? words[state.type] : 'pending'
  const plain = { status, reason: state?.reason ?? null, message: state?.message || null, since }
  if (status === 'running' && state?.type === 'Running') {
    const ill = pods.map((pod) => podFacts(pod).status).find((each) => each.status === 'degraded')
    return ill ?? { ...plain, reason: null, message: null }
  }
  if (status !== 'pending') return plain
  const waiting = pods.map((pod) => podFacts(pod).status).find((each) => each.status === 'pending' && each.message)
  // The engine's own sentence ("… waits. exceeded quota …") is the better one; a bare "is created" tells nothing.
  const tells = plain.message !== null && !plain.message.endsWith('is created.')
  return waiting && !tells ? waiting : { ...plain, message: tells ? plain.message : null }
}

function madeAnew(job: AnyJob, facts: JobFacts): number {
  if (job.kind !== 'Job') {
    const statuses = (job as TrainingJob).status?.replicaStatuses ?? {}
    return Object.values(statuses).reduce((sum, { restarts = 0 }) => sum + restarts, 0)
  }
  // The last failure of a job that failed was not followed by another try.
  return facts.status.status === 'failed' ? Math.max(0, facts.failedPods - 1) : facts.failedPods
}

type Part = { count: number; template: unknown }

function replicaParts(job: AnyJob): Part[] {
  if (job.kind === 'Job') {
    const { parallelism = 1, completions, template } = (job as Job).spec ?? {}
    return [{ count: Math.min(parallelism, completions ?? parallelism), template }]
  }
  const specs = (job as TrainingJob).spec[frameworkOf(job.kind)?.specKey ?? '']
  if (specs === null || typeof specs !== 'object') return []
  return Object.values(specs as Record<string, { replicas?: number; template?: unknown } | null>).flatMap((spec) =>
    spec ? [{ count: spec.replicas ?? 1, template: spec.template }] : [],
  )
}

function askedOf(parts: readonly Part[]): Record<string, string> {
  const sum = new Map<string, number>()
  for (const { count, template } of parts) {
    for (const [resource, amount] of podRequests(withLimits(template)))
      sum.set(resource, (sum.get(resource) ?? 0) + amount * count)
  }
  const shown = [...sum].filter(([, amount]) => amount > 0).sort(([one], [other]) => one.localeCompare(other))
  return Object.fromEntries(shown.map(([resource, amount]) => [resource, quantityText(resource, amount)]))
}

/** A limit without a request is the request, as the API server defaults it in pods. */
function withLimits(template: unknown): RequestingPod {
  const pod = (template ?? {}) as RequestingPod
  const containers = pod.spec?.containers?.map((container) => {
    const { requests, limits } = (container.resources ?? {}) as { requests?: object; limits?: object }
    return { ...container, resources: { requests: { ...limits, ...requests } } }
  })
  return { ...pod, spec: { ...pod.spec, ...(containers ? { containers } : {}) } }
}

function completionsPercent(job: Job): number | null {
  const { completions } = job.spec ?? {}
  if (completions === undefined || completions < 2) return null
  return Math.min(100, Math.floor((100 * (job.status?.succeeded ?? 0)) / completions))
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'False'
}

function iso(time: string | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString()
}
