import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Condition } from '../node/types.ts'
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
  const equal = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
  return (
    equal &&
    (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key]
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value)
        case 'NotIn':
          return value === undefined || !values.includes(value)
        case 'Exists':
          return value !== undefined
        case 'DoesNotExist':
          return value === undefined
        default:
          return false
      }
    })
  )
}
