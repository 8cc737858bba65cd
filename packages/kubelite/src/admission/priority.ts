/** The admission plugin Priority: a pod's number comes from its class, or from the class that is the cluster's default. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Resource } from '../registry/resource.ts'
import type { JsonObject } from '../schema/node.ts'
import { forbidden } from '../status-error.ts'
import type { Store } from '../store/store.ts'

const table = 'scheduling.k8s.io/priorityclasses'

/** The default class; of several (a race) the one with the lowest number. */
function defaultClass(store: Store): KubeObject | undefined {
  return [...store.headEntries(table)]
    .map((entry) => entry.object)
    .filter((each) => each.globalDefault === true)
    .sort((a, b) => Number(a.value) - Number(b.value))[0]
}

/** Sets `priority`, `preemptionPolicy` and the class's name. Throws Forbidden for an unknown class or another number. */
export function admitPriority(store: Store, resource: Resource, pod: KubeObject): void {
  const spec = pod.spec as JsonObject
  const name = typeof spec.priorityClassName === 'string' ? spec.priorityClassName : ''
  const refuse = (why: string) => forbidden(resource, pod.metadata.name ?? '', why)
  const found = name === '' ? defaultClass(store) : store.head(table, name)?.object
  if (name !== '' && found === undefined) throw refuse(`no PriorityClass with name ${name} was found`)
  const priority = Number(found?.value ?? 0)
  const policy = String(found?.preemptionPolicy ?? 'PreemptLowerPriority')
  if (spec.priority !== undefined && spec.priority !== priority)
    throw refuse(
      `the integer value of priority (${String(spec.priority)}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    )
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
    throw refuse(
      `the string value of PreemptionPolicy (${String(spec.preemptionPolicy)}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  if (found !== undefined) spec.priorityClassName = found.metadata.name
  spec.priority = priority
  spec.preemptionPolicy = policy
}

/** Only one class may be the default. */
export function admitPriorityClass(store: Store, resource: Resource, object: KubeObject): void {
  if (object.globalDefault !== true) return
  const other = defaultClass(store)
  if (other === undefined || other.metadata.name === object.metadata.name) return
  throw forbidden(
    resource,
    object.metadata.name ?? '',
    `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
  )
}
