import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'
import { parseQuantity } from '../schema/parse-quantity.ts'

const containersOf = (object: KubeObject): JsonObject[] => {
  const spec = isObject(object.spec) ? object.spec : {}
  return [spec.containers, spec.initContainers].flatMap((list) => (Array.isArray(list) ? list.filter(isObject) : []))
}

/** Nothing of something is no request. */
const isAsked = (quantity: unknown): boolean => quantity !== undefined && parseQuantity(String(quantity)) !== 0

/** Guaranteed, Burstable or BestEffort (k8s.io/kubernetes/pkg/apis/core/v1/helper/qos). */
export function qosClass(pod: KubeObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  let any = false
  let guaranteed = true
  for (const container of containersOf(pod)) {
    const resources = isObject(container.resources) ? container.resources : {}
    const requests = isObject(resources.requests) ? resources.requests : {}
    const limits = isObject(resources.limits) ? resources.limits : {}
    for (const name of ['cpu', 'memory']) {
      if (isAsked(requests[name]) || isAsked(limits[name])) any = true
      if (
        limits[name] === undefined ||
        (requests[name] !== undefined && String(requests[name]) !== String(limits[name]))
      )
        guaranteed = false
    }
  }
  if (!any) return 'BestEffort'
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

/** Times by value are written where they are not known, too. */
export function defaultStatus(pod: KubeObject): void {
  const status = isObject(pod.status) ? pod.status : {}
  for (const condition of Array.isArray(status.conditions) ? status.conditions.filter(isObject) : []) {
    condition.lastProbeTime ??= null
    condition.lastTransitionTime ??= null
  }
}

/** The pod has ended: it is deleted at once, without grace. */
export function podIsFinished(pod: KubeObject): boolean {
  const phase = isObject(pod.status) ? pod.status.phase : undefined
  return phase === 'Succeeded' || phase === 'Failed'
}
