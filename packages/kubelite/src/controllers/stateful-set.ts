import { type Pod, pods, refOf } from '../node/types.ts'
import { sameJson } from '../patch/json-patch.ts'
import { type Cache, openCache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import {
  type ControllerRevision,
  currentRevision,
  revisionsOf,
  templateOf,
  trimRevisions,
} from './controller-revision.ts'
import { controllerOf, type PodTemplate } from './job-types.ts'
import { adoptPods, deletePod, ownedPods, podFromTemplate } from './owned-pods.ts'
import {
  inRange,
  ordinalOf,
  planStatefulSet,
  revisionLabel,
  type StatefulSet,
  statefulSetStatus,
  statefulSets,
} from './stateful-set-plan.ts'
import { type Claim, claims } from './storage-types.ts'
import { openWorkQueue, type ReconcileResult } from './work-queue.ts'

type SetContext = ControllerContext & {
  setCache: Cache<StatefulSet>
  podCache: Cache<Pod>
  revisionCache: Cache<ControllerRevision>
}

/** Keeps the pods of StatefulSets: named by their ordinals, one after the other, each with the claims of its name. */
export function startStatefulSetController(
  context: ControllerContext,
  podCache: Cache<Pod>,
  revisionCache: Cache<ControllerRevision>,
): void {
  const { client, log, signal, clock } = context
  const setCache = openCache<StatefulSet>(client, statefulSets, {}, { log, signal })
  const inner: SetContext = { ...context, setCache, podCache, revisionCache }
  const queue = openWorkQueue({ name: 'statefulset', clock, log, signal }, async (key) => {
    await Promise.all([setCache.synced, podCache.synced, revisionCache.synced])
    const [namespace = '', name = ''] = key.split('/')
    const set = setCache.get({ namespace, name })
    return set === undefined ? undefined : reconcile(inner, set)
  })
  setCache.onEvent(({ object }) => queue.add(`${object.metadata.namespace}/${object.metadata.name}`))
  podCache.onEvent(({ object }) => {
    const owner = controllerOf(object)
    if (owner?.kind === 'StatefulSet') queue.add(`${object.metadata.namespace}/${owner.name}`)
  })
}

async function reconcile(context: SetContext, set: StatefulSet): Promise<ReconcileResult> {
  const { clock, podCache, revisionCache, setCache, client } = context
  if (set.metadata.deletionTimestamp !== undefined) return undefined
  await adoptPods(context, set, set.spec.selector, podCache, (pod) => ordinalOf(set, pod) >= 0)
  const update = await currentRevision(context, revisionCache, set, 'controller.kubernetes.io/hash')
  const current =
    revisionsOf(revisionCache, set).find((each) => each.metadata.name === set.status?.currentRevision) ?? update
  const names = { current: current.metadata.name ?? '', update: update.metadata.name ?? '' }
  const now = clock.now().getTime()
  const plan = planStatefulSet(set, ownedPods(podCache, set), names.update, now)
  let failure: unknown = null
  try {
    await keepClaims(context, set)
    for (const pod of plan.remove) await removePod(context, set, pod)
    for (const { ordinal, revision } of plan.create) {
      const from = revision === 'update' ? update : current
      await makePod(context, set, templateOf(from), from.metadata.name ?? '', ordinal)
    }
  } catch (error) {
    failure = error
  }
  const status = statefulSetStatus(set, ownedPods(podCache, set), names, now)
  if (!sameJson(status, set.status))
    setCache.put(await client.updateStatus<StatefulSet>(statefulSets, { ...set, status }))
  if (failure !== null) throw failure
  const live = new Set([
    names.current,
    names.update,
    ...ownedPods(podCache, set).map((pod) => pod.metadata.labels?.[revisionLabel] ?? ''),
  ])
  await trimRevisions(context, revisionCache, set, live)
  return plan.wakeInMs === null ? undefined : { afterMs: plan.wakeInMs }
}

async function removePod({ client, podCache, events }: SetContext, set: StatefulSet, pod: Pod): Promise<void> {
  await deletePod(client, pod, podCache)
  const text = `Delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`
  events.record(set, 'Normal', 'SuccessfulDelete', text)
}

async function makePod(
  context: SetContext,
  set: StatefulSet,
  template: PodTemplate,
  revision: string,
  ordinal: number,
): Promise<void> {
  const { client, podCache, events } = context
  const name = `${set.metadata.name}-${ordinal}`
  const of = `Pod ${name} in StatefulSet ${set.metadata.name}`
  try {
    for (const claim of claimsFor(set, ordinal)) await ensureClaim(context, set, claim, name)
    podCache.put(await client.create<Pod>(pods, podFor(set, template, revision, ordinal)))
    events.record(set, 'Normal', 'SuccessfulCreate', `Create ${of} successful`)
  } catch (error) {
    // A namesake that is not this set's own: it may go.
    const message = error instanceof Error ? error.message : String(error)
    events.record(set, 'Warning', 'FailedCreate', `create ${of} failed error: ${message}`)
    throw error
  }
}

/** A pod by its ordinal: name, host name, labels and claims follow from it (`newStatefulSetPod`). */
function podFor(set: StatefulSet, template: PodTemplate, revision: string, ordinal: number): Pod {
  const name = `${set.metadata.name}-${ordinal}`
  const pod = podFromTemplate(set, template, name)
  pod.metadata.generateName = `${set.metadata.name}-`
  pod.metadata.labels = {
    ...pod.metadata.labels,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [revisionLabel]: revision,
  }
  pod.spec.hostname = name
  if (set.spec.serviceName) pod.spec.subdomain = set.spec.serviceName
  const templates = set.spec.volumeClaimTemplates ?? []
  const own = templates.map((claim) => ({
    name: claim.metadata.name ?? '',
    persistentVolumeClaim: { claimName: `${claim.metadata.name}-${name}` },
  }))
  const others = (pod.spec.volumes ?? []).filter((volume) => !own.some((each) => each.name === volume.name))
  if (own.length + others.length > 0) pod.spec.volumes = [...own, ...others]
  return pod
}

function claimsFor(set: StatefulSet, ordinal: number): Claim[] {
  const { namespace = '', name = '' } = set.metadata
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: `${metadata.name}-${name}-${ordinal}`,
      namespace,
      labels: { ...metadata.labels, ...set.spec.selector.matchLabels },
      ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
    },
    spec: structuredClone(spec),
  }))
}

async function ensureClaim({ client, events }: SetContext, set: StatefulSet, claim: Claim, pod: string): Promise<void> {
  if ((await client.find<Claim>(claims, refOf(claim))) !== null) return
  await client.create<Claim>(claims, claim)
  const text = `create Claim ${claim.metadata.name} Pod ${pod} in StatefulSet ${set.metadata.name} success`
  events.record(set, 'Normal', 'SuccessfulCreate', text)
}

/** Claims that are to go with the set or with their pod are owned by it (persistentVolumeClaimRetentionPolicy). */
async function keepClaims({ client, podCache }: SetContext, set: StatefulSet): Promise<void> {
  if ((set.spec.volumeClaimTemplates ?? []).length === 0) return
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec.persistentVolumeClaimRetentionPolicy ?? {}
  for (const pod of ownedPods(podCache, set)) {
    const ordinal = ordinalOf(set, pod)
    const scaledDown = !inRange(set, ordinal)
    const owner =
      whenScaled === 'Delete' && scaledDown
        ? { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name ?? '', uid: pod.metadata.uid ?? '' }
        : whenDeleted === 'Delete'
          ? { apiVersion: 'apps/v1', kind: 'StatefulSet', name: set.metadata.name ?? '', uid: set.metadata.uid ?? '' }
          : null
    for (const { metadata } of claimsFor(set, ordinal)) {
      const claim = await client.find<Claim>(claims, { namespace: metadata.namespace, name: metadata.name ?? '' })
      if (claim === null) continue
      const ours = [set.metadata.uid, pod.metadata.uid]
      const others = (claim.metadata.ownerReferences ?? []).filter((each) => !ours.includes(each.uid))
      const foreign = others.some((each) => each.controller === true)
      const next =
        owner === null || foreign ? others : [...others, { ...owner, controller: true, blockOwnerDeletion: true }]
      if (sameJson(next, claim.metadata.ownerReferences ?? [])) continue
      await client.patch(claims, refOf(claim), {
        metadata: { uid: claim.metadata.uid, ownerReferences: next.length > 0 ? next : null },
      })
    }
  }
}
