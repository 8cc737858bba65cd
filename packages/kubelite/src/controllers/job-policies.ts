/** What a Job's policies say of its failed pods and its done indexes (k8s.io/kubernetes/pkg/controller/job). */
import type { ContainerStatus, Pod } from '../node/types.ts'
import { parseIndexes } from './job-indexes.ts'
import {
  hasCondition,
  indexFailuresKey,
  indexOf,
  type Job,
  type PodFailurePolicy,
  type SuccessPolicy,
} from './job-types.ts'

export type FailureVerdict = {
  action: 'Count' | 'Ignore' | 'FailIndex' | 'FailJob'
  /** Why the job is to fail, for FailJob. */
  message: string
}
type ExitCodes = NonNullable<PodFailurePolicy['rules'][number]['onExitCodes']>

function matchExitCode(statuses: readonly ContainerStatus[], codes: ExitCodes): ContainerStatus | undefined {
  return statuses.find(({ name, state }) => {
    const code = state.terminated?.exitCode
    if (!code || (codes.containerName !== undefined && codes.containerName !== name)) return false
    return codes.values.includes(code) === (codes.operator === 'In')
  })
}

/** The first rule that a failed pod matches; without one a failure counts. */
export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): FailureVerdict {
  const { namespace, name } = pod.metadata
  for (const [index, { action, onExitCodes, onPodConditions }] of (policy?.rules ?? []).entries()) {
    const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]
    const container = onExitCodes && matchExitCode(statuses, onExitCodes)
    if (container)
      return {
        action,
        message: `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${container.state.terminated?.exitCode} matching ${action} rule at index ${index}`,
      }
    const condition = pod.status?.conditions?.find((each) =>
      onPodConditions?.some(({ type, status = 'True' }) => each.type === type && each.status === status),
    )
    if (condition)
      return {
        action,
        message: `Pod ${namespace}/${name} has condition ${condition.type} matching ${action} rule at index ${index}`,
      }
  }
  return { action: 'Count', message: '' }
}

/** Failures of this pod's index before this pod. */
const failuresBefore = (pod: Pod): number => Number(pod.metadata.annotations?.[indexFailuresKey] ?? 0)

/** How often each index has failed, by the failed pods that are there. */
export function indexFailures(job: Job, failed: readonly Pod[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const pod of failed) {
    const counted = judgeFailure(job.spec.podFailurePolicy, pod).action === 'Ignore' ? 0 : 1
    const index = indexOf(pod)
    counts.set(index, Math.max(counts.get(index) ?? 0, failuresBefore(pod) + counted))
  }
  return counts
}

/** Indexes that will not be tried again: those of the status, and those of pods that failed once too often. */
export function failedIndexes(job: Job, failed: readonly Pod[]): Set<number> {
  const limit = job.spec.backoffLimitPerIndex
  const all = parseIndexes(job.status?.failedIndexes ?? '')
  if (limit === undefined) return all
  for (const pod of failed) {
    const { action } = judgeFailure(job.spec.podFailurePolicy, pod)
    const index = indexOf(pod)
    if (!(index < (job.spec.completions ?? 0)) || action === 'Ignore') continue
    if (action === 'FailIndex' || failuresBefore(pod) >= limit) all.add(index)
  }
  return all
}

/**
 * The last failed pod of each index that is to be tried again (`settled` names the others): it carries the number of failures, so it
 * stays, even when somebody deletes it, until its replacement carries them (`getPodsWithDelayedDeletionPerIndex`). Not for a job
 * that ends.
 */
export function countCarriers(job: Job, failed: readonly Pod[], settled: ReadonlySet<number>): Set<Pod> {
  const isEnding =
    job.metadata.deletionTimestamp !== undefined ||
    hasCondition(job.status?.conditions, 'FailureTarget') ||
    hasCondition(job.status?.conditions, 'SuccessCriteriaMet')
  if (job.spec.backoffLimitPerIndex === undefined || isEnding) return new Set()
  const last = new Map<number, Pod>()
  for (const pod of failed) {
    const index = indexOf(pod)
    const other = last.get(index)
    if (!(index < (job.spec.completions ?? 0)) || settled.has(index)) continue
    if (other === undefined || failuresBefore(other) <= failuresBefore(pod)) last.set(index, pod)
  }
  return new Set(last.values())
}

/** Which rule of the success policy is met; null when none is. */
export function matchSuccess(policy: SuccessPolicy | undefined, done: ReadonlySet<number>): string | null {
  if (done.size === 0) return null
  const index = (policy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && done.size >= succeededCount
    const named = [...parseIndexes(succeededIndexes)]
    const met = named.filter((each) => done.has(each)).length
    return named.length > 0 && met >= (succeededCount ?? named.length)
  })
  return index < 0 ? null : `Matched rules at index ${index}`
}
