import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Condition } from '../node/types.ts'
import { selectorMatches, toSelector } from '../selectors/labels.ts'
import type { LabelSelector, PodTemplate } from './job-types.ts'

export type ReplicaSetStatus = {
  replicas: number
  fullyLabeledReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  terminatingReplicas?: number
  observedGeneration?: number
  conditions?: Condition[]
}
export type ReplicaSet = KubeObject & {
  spec: { replicas?: number; minReadySeconds?: number; selector: LabelSelector; template: PodTemplate }
  status?: ReplicaSetStatus
}

export type DeploymentSpec = {
  replicas?: number
  minReadySeconds?: number
  paused?: boolean
  progressDeadlineSeconds?: number
  revisionHistoryLimit?: number
  selector: LabelSelector
  strategy?: {
    type?: 'RollingUpdate' | 'Recreate'
    rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string }
  }
  template: PodTemplate
}
export type DeploymentStatus = {
  observedGeneration?: number
  replicas?: number
  updatedReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  unavailableReplicas?: number
  terminatingReplicas?: number
  conditions?: Condition[]
}
export type Deployment = KubeObject & { spec: DeploymentSpec; status?: DeploymentStatus }

export const replicaSets = { group: 'apps', version: 'v1', plural: 'replicasets' } as const
export const replicationControllers = { group: '', version: 'v1', plural: 'replicationcontrollers' } as const
export const deployments = { group: 'apps', version: 'v1', plural: 'deployments' } as const

/** metav1.LabelSelector. An empty one matches everything, as in a controller's spec. */
export function selects(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>> = {}): boolean {
  return selectorMatches(toSelector(selector ?? {}), labels)
}
