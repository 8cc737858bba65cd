/** Istio's ServiceRole and ServiceRoleBinding of older manifests → the RoleBinding that does the same, or a refusal in words. */
import type { ServicePolicyStatus, ServiceRole, ServiceRoleBinding } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { grantOf, type PolicyVerdict, servicePolicyLabel } from '@keelson/core/workspaces'
import {
  createEventRecorder,
  done,
  type EventRecorder,
  type KubeApi,
  type ReconcileResult,
  type Resource,
  refOfKey,
  resources,
  runReconciler,
  source,
} from '@keelson/kube'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'

const fieldManager = 'keelson-servicerolebinding'
/** The RoleBinding may stand in another namespace, where no owner reference reaches. */
const finalizer = 'keelson.dev/service-role-binding'

export function serviceRoleBindingReconciler({ base, log, signal }: ControllerParts): RunningService {
  const { kube } = base
  const policies = kube.inform<ServiceRoleBinding>(resources.serviceRoleBindings, {}, signal)
  const made = kube.inform(resources.roleBindings, { labelSelector: servicePolicyLabel }, signal)
  const record = createEventRecorder(kube, 'keelson', (error) => log.warn('an event could not be written', { error }))
  const keysOf = (binding: KubeObject) =>
    policies
      .list()
      .filter(({ metadata }) => metadata.uid === binding.metadata.labels?.[servicePolicyLabel])
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
  return runReconciler({
    name: 'service-role-binding',
    sources: [source(policies), source(made, keysOf)],
    reconcile: async (key) => {
      const policy = policies.get(refOfKey(key))
      if (!policy) return done
      const present = made
        .list()
        .filter(({ metadata }) => metadata.labels?.[servicePolicyLabel] === policy.metadata.uid)
      return reconcilePolicy({ kube, record }, policy, present)
    },
    log,
    signal,
  })
}

async function reconcilePolicy(
  { kube, record }: { kube: KubeApi; record: EventRecorder },
  policy: ServiceRoleBinding,
  present: readonly KubeObject[],
): Promise<ReconcileResult> {
  const { namespace, name = '', finalizers = [], deletionTimestamp } = policy.metadata
  const verdict: PolicyVerdict = grantOf(policy)
  const wanted = deletionTimestamp === undefined && verdict.kind === 'granted' ? verdict.bindings : []
  const keep = new Set(wanted.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
  for (const { metadata } of present) {
    if (keep.has(`${metadata.namespace}/${metadata.name}`)) continue
    const ref = { namespace: metadata.namespace, name: metadata.name ?? '' }
    await kube.delete(resources.roleBindings, ref, { uid: metadata.uid ?? '' })
  }
  const others = finalizers.filter((each) => each !== finalizer)
  const held = deletionTimestamp === undefined ? [...others, finalizer] : others
  if (held.length !== finalizers.length)
    await kube.patch(resources.serviceRoleBindings, { namespace, name }, { metadata: { finalizers: held } })
  if (deletionTimestamp !== undefined) return done
  for (const binding of wanted) await kube.apply(resources.roleBindings, binding, { fieldManager })
  const said =
    verdict.kind === 'granted'
      ? { status: 'True' as const, reason: 'Granted', message: verdict.message }
      : { status: 'False' as const, reason: verdict.reason, message: verdict.message }
  await say({ kube, record }, resources.serviceRoleBindings, policy, said)
  return done
}

/** Roles of Istio grant nothing by themselves: each is told which of ours to use. */
export function serviceRoleReconciler({ base, log, signal }: ControllerParts): RunningService {
  const { kube } = base
  const roles = kube.inform<ServiceRole>(resources.serviceRoles, {}, signal)
  const record = createEventRecorder(kube, 'keelson', (error) => log.warn('an event could not be written', { error }))
  return runReconciler({
    name: 'service-role',
    sources: [source(roles)],
    reconcile: async (key) => {
      const role = roles.get(refOfKey(key))
      if (!role || role.metadata.deletionTimestamp !== undefined) return done
      const message =
        'Rules for paths and services are not enforced here. Use a Role on resources of keelson.dev, or a NetworkPolicy.'
      await say({ kube, record }, resources.serviceRoles, role, { status: 'False', reason: 'NotEnforced', message })
      return done
    },
    log,
    signal,
  })
}

type Said = { status: 'True' | 'False'; reason: string; message: string }

/** The condition and, when it is news, an event with the same words. */
async function say(
  { kube, record }: { kube: KubeApi; record: EventRecorder },
  resource: Resource,
  policy: KubeObject & { status?: ServicePolicyStatus },
  said: Said,
): Promise<void> {
  const observedGeneration = policy.metadata.generation ?? 0
  const before = policy.status?.conditions?.find(({ type }) => type === 'Ready')
  const isSame = before?.status === said.status && before.message === said.message
  if (isSame && policy.status?.observedGeneration === observedGeneration) return
  const changed = before?.status === said.status ? before.lastTransitionTime : undefined
  const lastTransitionTime = changed ?? new Date().toISOString()
  const status: ServicePolicyStatus = {
    observedGeneration,
    conditions: [{ type: 'Ready', ...said, lastTransitionTime }],
  }
  await kube.applyStatus(resource, { ...policy, status }, { fieldManager })
  if (isSame) return
  const { reason, message } = said
  await record(policy, { type: said.status === 'True' ? 'Normal' : 'Warning', reason, message })
}
