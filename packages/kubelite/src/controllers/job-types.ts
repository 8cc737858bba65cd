import type { KubeObject, ObjectMeta } from '@keelson/contracts/kubernetes'
import type { Condition, Pod, PodSpec } from '../node/types.ts'

export type PodTemplate = { metadata?: ObjectMeta; spec: PodSpec }
export type LabelSelector = {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}

export type PodFailurePolicy = {
  rules: {
    action: 'Count' | 'Ignore' | 'FailIndex' | 'FailJob'
    onExitCodes?: { containerName?: string; operator: 'In' | 'NotIn'; values: number[] }
    onPodConditions?: { type: string; status?: string }[]
  }[]
}
export type SuccessPolicy = { rules: { succeededIndexes?: string; succeededCount?: number }[] }

export type JobSpec = {
  parallelism?: number
  completions?: number
  backoffLimit?: number
  activeDeadlineSeconds?: number
  ttlSecondsAfterFinished?: number
  suspend?: boolean
  completionMode?: 'NonIndexed' | 'Indexed'
  selector?: LabelSelector
  template: PodTemplate
  managedBy?: string
  podFailurePolicy?: PodFailurePolicy
  successPolicy?: SuccessPolicy
  backoffLimitPerIndex?: number
  maxFailedIndexes?: number
  podReplacementPolicy?: string
}
export type JobStatus = {
  startTime?: string
  completionTime?: string
  active?: number
  ready?: number
  terminating?: number
  succeeded?: number
  failed?: number
  completedIndexes?: string
  failedIndexes?: string
  uncountedTerminatedPods?: { succeeded?: string[]; failed?: string[] }
  conditions?: Condition[]
}
export type Job = KubeObject & { spec: JobSpec; status?: JobStatus }

export const jobs = { group: 'batch', version: 'v1', plural: 'jobs' } as const
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
export const indexKey = 'batch.kubernetes.io/job-completion-index'
export const indexFailuresKey = 'batch.kubernetes.io/job-index-failure-count'
export const indexOf = (pod: Pod): number => Number(pod.metadata.annotations?.[indexKey] ?? Number.NaN)

/** The owner that controls an object, if it has one. */
export function controllerOf(object: KubeObject): { kind: string; name: string; uid: string } | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true)
}

export const isFinished = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
export const isPodReady = (pod: Pod) =>
  pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false

export function hasCondition(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
}
