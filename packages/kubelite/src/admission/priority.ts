/** Priority: the number that a pod's `priorityClassName` means, and at most one default class. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Store } from '../store/store.ts'
import { type AdmissionPlugin, type AdmissionRequest, isPodWrite, refuse, specOf } from './plugin.ts'

const table = 'scheduling.k8s.io/priorityclasses'
const numberOf = (priorityClass: KubeObject): number => Number(priorityClass.value ?? 0)

export const priority: AdmissionPlugin = {
  name: 'Priority',
  mutate: (request) => {
    if (!isPodWrite(request)) return
    if (request.operation === 'CREATE') resolvePriority(request)
    if (request.operation === 'UPDATE') keepPriority(request)
  },
  validate: (request) => {
    const { resource, object, operation, store } = request
    if (resource.kind !== 'PriorityClass' || resource.custom !== undefined || object?.globalDefault !== true) return
    const present = defaultClass(store)?.metadata.name
    if (present !== undefined && (operation === 'CREATE' || present !== object.metadata.name))
      throw refuse(request, `PriorityClass ${present} is already marked as default. Only one default can exist`)
  },
}

/** The class marked `globalDefault`; of several the one with the lowest value. */
function defaultClass(store: Store): KubeObject | undefined {
  let found: KubeObject | undefined
  for (const { object } of store.headEntries(table))
    if (object.globalDefault === true && (found === undefined || numberOf(object) < numberOf(found))) found = object
  return found
}

function resolvePriority(request: AdmissionRequest): void {
  const spec = specOf(request.object)
  const asked =
    typeof spec.priorityClassName === 'string' && spec.priorityClassName ? spec.priorityClassName : undefined
  const found = asked === undefined ? defaultClass(request.store) : request.store.head(table, asked)?.object
  if (asked !== undefined && found === undefined) throw refuse(request, `no PriorityClass with name ${asked} was found`)
  const value = found === undefined ? 0 : numberOf(found)
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority'
  if (spec.priority !== undefined && spec.priority !== value)
    throw refuse(
      request,
      `the integer value of priority (${String(spec.priority)}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
    throw refuse(
      request,
      `the string value of PreemptionPolicy (${String(spec.preemptionPolicy)}) must not be provided in pod spec; priority admission controller computed ${String(policy)} from the given PriorityClass name`,
    )
  if (found !== undefined) spec.priorityClassName = found.metadata.name
  spec.priority = value
  spec.preemptionPolicy = policy
}

/** A client that leaves the number out means no change. */
function keepPriority(request: AdmissionRequest): void {
  const spec = specOf(request.object)
  const old = specOf(request.old)
  for (const field of ['priority', 'preemptionPolicy'])
    if (spec[field] === undefined && old[field] !== undefined) spec[field] = old[field]
}
