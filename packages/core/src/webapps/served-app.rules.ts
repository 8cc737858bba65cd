/** What notebooks, viewers and TensorBoards have in common: a workload and a Service of their own. Pure. */
import type { KubeObject } from '@keelson/contracts/kubernetes'

/** Why something cannot be: a word for programs, a sentence for people. */
export type AppFault = { reason: string; message: string }

export type WorkloadCondition = {
  type: string
  status: string
  reason?: string
  message?: string
  lastUpdateTime?: string
  lastTransitionTime?: string
}
export type Workload = KubeObject & {
  spec?: { replicas?: number; template?: { spec?: { affinity?: object } } }
  status?: { readyReplicas?: number; conditions?: WorkloadCondition[] }
}

/** `service` is null where nothing is to be reached. */
export type ServedApp = { deployment: KubeObject; service: KubeObject | null }

/** The owner reference of what stands for `object`. */
export function ownerOf({ apiVersion, kind, metadata }: KubeObject) {
  const { name = '', uid = '' } = metadata
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
}

/**
 * Why an object of the wanted name is not to be touched; null where it is the app's own, or is not there. The last argument is what people
 * call the app, and what they do instead of deleting.
 */
export function foreignChild(
  app: KubeObject,
  present: KubeObject | null | undefined,
  { noun, remedy } = { noun: app.kind, remedy: 'choose another name' },
): AppFault | null {
  if (!present) return null
  const owner = present.metadata.ownerReferences?.find(({ controller }) => controller === true)
  if (owner !== undefined && owner.uid === app.metadata.uid) return null
  const what = `${present.kind || 'Object'} ${present.metadata.name}`
  const isEarlier = owner?.kind === app.kind && owner.name === app.metadata.name
  return {
    reason: 'NameTaken',
    message: isEarlier
      ? `The ${what} is still that of an earlier ${noun} of this name; it goes by itself.`
      : `The ${what} exists already and is not this ${noun}’s. Delete it, or ${remedy}.`,
  }
}

/** How far a Deployment is: ready, and the conditions that say why not. A fault stands before all others as `Refused`. */
export function appStatus(
  workload: Workload | null,
  fault: AppFault | null,
): { isReady: boolean; readyReplicas: number; conditions: WorkloadCondition[] } {
  const { readyReplicas = 0, conditions = [] } = workload?.status ?? {}
  const refused = fault === null ? [] : [{ type: 'Refused', status: 'True', ...fault }]
  return {
    isReady:
      fault === null && workload !== null && readyReplicas > 0 && readyReplicas === (workload.spec?.replicas ?? 1),
    readyReplicas,
    conditions: [...refused, ...conditions],
  }
}
