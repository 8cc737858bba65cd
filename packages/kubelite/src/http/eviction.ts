/** `pods/eviction`: a deletion that a PodDisruptionBudget may refuse (k8s.io/kubernetes/pkg/registry/core/pod/storage). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { SubresourceView } from '../admission/plugin.ts'
import type { Target } from '../api/operations.ts'
import { getEntry } from '../api/read.ts'
import type { DeleteOptions, WriteContext } from '../api/types.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { selectorMatches, toSelector } from '../selectors/labels.ts'
import { badRequest, conflict, internalError, StatusError } from '../status-error.ts'
import { sendJson } from './context.ts'
import { bodyObject, bodyOf, type ResourceCall, writeContext } from './resource-call.ts'

const budgets = { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' }
const mostAttempts = 10

/** What admission sees: the creation of an Eviction, and nothing of what becomes of the pod. */
const evictionView: SubresourceView = {
  name: 'eviction',
  operation: 'CREATE',
  kind: { group: 'policy', version: 'v1', kind: 'Eviction' },
  view: (object) => object,
  merge: (_, changed) => changed as KubeObject,
}

/** Answers `Success`, or 429 with the budget that stands against it. */
export async function evict(call: ResourceCall): Promise<void> {
  const body = bodyObject(await bodyOf(call))
  const meta = isObject(body.metadata) ? body.metadata : {}
  const { resource, path, server } = call
  const name = path.name ?? ''
  if (meta.name !== name) throw badRequest('name in URL does not match name in Eviction object')
  const target: Target = { resource, namespace: path.namespace, name }
  const context = writeContext(call)
  const isDry = ({ dryRun }: JsonObject) => Array.isArray(dryRun) && dryRun.length > 0
  context.dryRun ||= isObject(body.deleteOptions) && isDry(body.deleteOptions)
  getEntry(server.store, resource, path.namespace, name)
  const eviction = await server.operations.admit(target, body as KubeObject, { ...context, view: evictionView })
  const asked = isObject(eviction.deleteOptions) ? eviction.deleteOptions : {}
  context.isAdmitted = true
  // The disruption that a budget gave is not taken from it twice.
  let passed = false
  for (let attempt = 1; ; attempt += 1) {
    const pod = getEntry(server.store, resource, path.namespace, name).object
    try {
      passed ||= await passBudget(call, pod, context)
      const marked = context.dryRun ? pod : await markDisrupted(call, target, pod, context)
      await server.operations.remove(target, deletionOf(asked, marked, passed), context)
      break
    } catch (error) {
      const changed = error instanceof StatusError && error.code === 409
      // The pod or the budget changed between the look and the write: look again.
      if (!changed || attempt >= mostAttempts || isObject(asked.preconditions)) throw error
    }
  }
  sendJson(call.response, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}

/** Says on the pod why it goes, so that a Job can tell an eviction from a failure. */
async function markDisrupted(
  call: ResourceCall,
  target: Target,
  pod: KubeObject,
  context: WriteContext,
): Promise<KubeObject> {
  const at = `${call.server.clock.now().toISOString().slice(0, 19)}Z`
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: at,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  }
  const entry = await call.server.operations.update(
    target,
    () => {
      const status = isObject(pod.status) ? pod.status : {}
      const others = Array.isArray(status.conditions) ? status.conditions.filter(isObject) : []
      const conditions = [...others.filter((each) => each.type !== condition.type), condition]
      return { ...pod, status: { ...status, conditions } }
    },
    context,
    'status',
  )
  return entry.object
}

function deletionOf(asked: JsonObject, pod: KubeObject, guarded: boolean): DeleteOptions {
  const preconditions = isObject(asked.preconditions) ? asked.preconditions : {}
  return {
    gracePeriodSeconds: typeof asked.gracePeriodSeconds === 'number' ? asked.gracePeriodSeconds : undefined,
    propagationPolicy: typeof asked.propagationPolicy === 'string' ? asked.propagationPolicy : undefined,
    preconditions: {
      uid: pod.metadata.uid,
      // An unready pod may have become ready, and then counts.
      ...(guarded ? {} : { resourceVersion: pod.metadata.resourceVersion }),
      ...preconditions,
    },
  }
}

type Status = {
  observedGeneration?: number
  disruptionsAllowed: number
  currentHealthy: number
  desiredHealthy: number
  disruptedPods?: Record<string, string>
  conditions?: { type: string; status: string; reason?: string; message?: string }[]
}

/**
 * Takes one disruption from the pod's budget; throws 429 when none is left. False when the pod goes only because it is
 * not ready: then it must be deleted as it was looked at.
 */
async function passBudget(call: ResourceCall, pod: KubeObject, context: WriteContext): Promise<boolean> {
  const status = isObject(pod.status) ? pod.status : {}
  if (pod.metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed', 'Pending'].includes(String(status.phase)))
    return pod.metadata.deletionTimestamp !== undefined || status.phase !== 'Pending'
  const { server, path } = call
  const found = [...server.store.entries('policy/poddisruptionbudgets')].filter(
    ({ object }) =>
      object.metadata.namespace === path.namespace &&
      isObject(object.spec) &&
      isObject(object.spec.selector) &&
      selectorMatches(toSelector(object.spec.selector), pod.metadata.labels),
  )
  if (found.length > 1)
    throw new StatusError(
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  const budget = found[0]?.object
  if (budget === undefined) return true
  const own = budget.status as Status
  const conditions = Array.isArray(status.conditions) ? status.conditions.filter(isObject) : []
  const ready = conditions.some((each) => each.type === 'Ready' && each.status === 'True')
  const policy = isObject(budget.spec) ? budget.spec.unhealthyPodEvictionPolicy : undefined
  if (!ready && (policy === 'AlwaysAllow' || (own.currentHealthy >= own.desiredHealthy && own.desiredHealthy > 0)))
    return false
  const resource = server.registry.find(budgets)
  if (resource === undefined) throw internalError('no PodDisruptionBudget is served')
  const target: Target = { resource, namespace: path.namespace, name: budget.metadata.name ?? '' }
  await server.operations.update(
    target,
    (current) => takeOne(current, pod.metadata.name ?? '', server.clock.now()),
    context,
    'status',
  )
  return true
}

function takeOne(budget: KubeObject | undefined, pod: string, now: Date): KubeObject {
  if (budget === undefined) throw conflict({ group: 'policy', plural: 'poddisruptionbudgets' }, '', 'it is gone')
  const status = budget.status as Status
  const name = budget.metadata.name ?? ''
  const observed = status.observedGeneration ?? 0
  if (observed < (budget.metadata.generation ?? 0))
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10)
  if (status.disruptionsAllowed <= 0) throw tooMany(refusal(name, status))
  const allowed = status.disruptionsAllowed - 1
  return {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: allowed,
      disruptedPods: { ...status.disruptedPods, [pod]: `${now.toISOString().slice(0, 19)}Z` },
    },
  }
}

function refusal(name: string, status: Status): string {
  const condition = status.conditions?.find((each) => each.type === 'DisruptionAllowed' && each.status === 'False')
  const text = condition?.message ?? ''
  if (condition?.reason === 'SyncFailed' && text !== '')
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${text}`
  if (status.currentHealthy <= status.desiredHealthy)
    return `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`
  return text === ''
    ? `The disruption budget ${name} does not allow evicting pods currently`
    : `The disruption budget ${name} does not allow evicting pods currently (${condition?.reason}): ${text}`
}

const tooMany = (cause: string, retryAfterSeconds?: number) =>
  new StatusError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message: cause }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
