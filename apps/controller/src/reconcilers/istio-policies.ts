/**
 * Istio's policies → the RBAC that does the same, or a refusal in words: AuthorizationPolicy, and of older manifests ServiceRoleBinding
 * and ServiceRole.
 */
import type {
  AuthorizationPolicy,
  ServicePolicyStatus,
  ServiceRole,
  ServiceRoleBinding,
} from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { grantOfAuthorization, grantOfBinding, istioPolicyLabel, type PolicyVerdict } from '@keelson/core/workspaces'
import {
  after,
  createEventRecorder,
  done,
  type EventRecorder,
  type Informer,
  type KubeApi,
  type ReconcileResult,
  type Resource,
  refOfKey,
  resources,
  runReconciler,
  source,
} from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts, Reconciler } from '../parts.ts'

const fieldManager = 'keelson-istio-policies'
/** What is made may stand in another namespace, where no owner reference reaches. */
const finalizer = 'keelson.dev/istio-policy'
/** How soon it is looked again whether a namespace is there. */
const absentMs = 30_000
/** What a policy comes to, in the order in which it is made. */
const madeKinds = [resources.roles, resources.roleBindings]

type Policy = KubeObject & { status?: ServicePolicyStatus }
type Policies<T extends Policy> = { name: string; resource: Resource; verdictOf(policy: T): PolicyVerdict }
type Writing = { kube: KubeApi; record: EventRecorder; resource: Resource }
/** What is there of a policy, by kind. */
type Present = ReadonlyMap<Resource, readonly KubeObject[]>

export const serviceRoleBindingReconciler: Reconciler = policyReconciler<ServiceRoleBinding>({
  name: 'service-role-binding',
  resource: resources.serviceRoleBindings,
  verdictOf: grantOfBinding,
})

export const authorizationPolicyReconciler: Reconciler = policyReconciler<AuthorizationPolicy>({
  name: 'authorization-policy',
  resource: resources.authorizationPolicies,
  verdictOf: grantOfAuthorization,
})

function policyReconciler<T extends Policy>({ name, resource, verdictOf }: Policies<T>): Reconciler {
  return ({ base: { kube }, log, signal }) => {
    const policies = kube.inform<T>(resource, {}, signal)
    const made = new Map<Resource, Informer<KubeObject>>(
      madeKinds.map((kind) => [kind, kube.inform(kind, { labelSelector: istioPolicyLabel }, signal)]),
    )
    const record = createEventRecorder(kube, 'keelson', (error) => log.warn('an event could not be written', { error }))
    const isOf = (policy: KubeObject) => (object: KubeObject) =>
      object.metadata.labels?.[istioPolicyLabel] === policy.metadata.uid
    const keysOf = (object: KubeObject) =>
      policies
        .list()
        .filter((policy) => isOf(policy)(object))
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    return runReconciler({
      name,
      sources: [source(policies), ...[...made.values()].map((informer) => source(informer, keysOf))],
      reconcile: async (key) => {
        const policy = policies.get(refOfKey(key))
        if (!policy) return done
        const present = new Map([...made].map(([kind, informer]) => [kind, informer.list().filter(isOf(policy))]))
        return reconcilePolicy({ kube, record, resource }, policy, verdictOf(policy), present)
      },
      log,
      signal,
    })
  }
}

async function reconcilePolicy(
  writing: Writing,
  policy: Policy,
  verdict: PolicyVerdict,
  present: Present,
): Promise<ReconcileResult> {
  const { kube, resource } = writing
  const { namespace, name = '', finalizers = [], deletionTimestamp } = policy.metadata
  const isGoing = deletionTimestamp !== undefined
  const wanted = new Map<Resource, readonly KubeObject[]>(
    isGoing || verdict.kind === 'refused'
      ? []
      : [
          [resources.roles, verdict.roles],
          [resources.roleBindings, verdict.bindings],
        ],
  )
  // What was made a moment ago may not have been heard of yet, and nobody would look for it later.
  await removeOthers(kube, isGoing ? await listMade(kube, policy) : present, wanted)
  const others = finalizers.filter((each) => each !== finalizer)
  const held = isGoing ? others : [...others, finalizer]
  if (held.length !== finalizers.length)
    await kube.patch(resource, { namespace, name }, { metadata: { finalizers: held } })
  if (isGoing) return done
  try {
    for (const [kind, objects] of wanted) for (const object of objects) await kube.apply(kind, object, { fieldManager })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error
    const message = `An account that it names is of a namespace that is not there: ${error.message}`
    await say(writing, policy, { status: 'False', reason: 'NoSuchNamespace', message })
    return after(absentMs)
  }
  const { message } = verdict
  if (verdict.kind === 'granted') await say(writing, policy, { status: 'True', reason: 'Granted', message })
  else await say(writing, policy, { status: 'False', reason: verdict.reason, message })
  return done
}

async function listMade(kube: KubeApi, { metadata }: Policy): Promise<Present> {
  const labelSelector = `${istioPolicyLabel}=${metadata.uid ?? ''}`
  const lists = madeKinds.map(async (kind) => [kind, (await kube.list(kind, { labelSelector })).items] as const)
  return new Map(await Promise.all(lists))
}

/** Bindings go before the roles that they name. */
async function removeOthers(
  kube: KubeApi,
  present: Present,
  wanted: ReadonlyMap<Resource, readonly KubeObject[]>,
): Promise<void> {
  for (const kind of [...madeKinds].reverse()) {
    const keep = new Set((wanted.get(kind) ?? []).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
    for (const { metadata } of present.get(kind) ?? []) {
      if (keep.has(`${metadata.namespace}/${metadata.name}`)) continue
      await kube.delete(kind, { namespace: metadata.namespace, name: metadata.name ?? '' }, { uid: metadata.uid ?? '' })
    }
  }
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
      await say({ kube, record, resource: resources.serviceRoles }, role, {
        status: 'False',
        reason: 'NotEnforced',
        message,
      })
      return done
    },
    log,
    signal,
  })
}

type Said = { status: 'True' | 'False'; reason: string; message: string }

/** The condition and, when it is news, an event with the same words. */
async function say({ kube, record, resource }: Writing, policy: Policy, said: Said): Promise<void> {
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
