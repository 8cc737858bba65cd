import type { Pod } from '../node/types.ts'
import { refOf } from '../node/types.ts'
import { sameJson } from '../patch/json-patch.ts'
import { type Cache, openCache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import {
  canonicalTemplate,
  deadlineInMs,
  deploymentStatus,
  hashLabel,
  revisionKey,
  rollingLimits,
  rollingScalings,
  templateHash,
} from './deployment-plan.ts'
import { desiredKey, isScalingEvent, maxKey, proportionalScalings, sizeAnnotations } from './deployment-scale.ts'
import { controllerOf } from './job-types.ts'
import { ownedPods } from './owned-pods.ts'
import { openWorkQueue, type ReconcileResult } from './work-queue.ts'
import { type Deployment, deployments, type ReplicaSet, replicaSets } from './workload-types.ts'

const historyKey = 'deployment.kubernetes.io/revision-history'

type Caches = { deployments: Cache<Deployment>; sets: Cache<ReplicaSet>; pods: Cache<Pod> }

/** Rolls Deployments out by scaling one ReplicaSet per template. */
export function startDeploymentController(
  context: ControllerContext,
  setCache: Cache<ReplicaSet>,
  podCache: Cache<Pod>,
): void {
  const { client, log, signal, clock } = context
  const caches: Caches = {
    deployments: openCache<Deployment>(client, deployments, {}, { log, signal }),
    sets: setCache,
    pods: podCache,
  }
  const queue = openWorkQueue({ name: 'deployment', clock, log, signal }, async (key) => {
    await Promise.all([caches.deployments.synced, setCache.synced, podCache.synced])
    const [namespace = '', name = ''] = key.split('/')
    const deployment = caches.deployments.get({ namespace, name })
    return deployment && deployment.metadata.deletionTimestamp === undefined
      ? reconcile(context, caches, deployment)
      : undefined
  })
  caches.deployments.onEvent(({ object }) => queue.add(`${object.metadata.namespace}/${object.metadata.name}`))
  setCache.onEvent(({ object }) => {
    const owner = controllerOf(object)
    if (owner?.kind === 'Deployment') queue.add(`${object.metadata.namespace}/${owner.name}`)
  })
  // With Recreate the new pods wait until the last old one is gone.
  podCache.onEvent(({ type, object }) => {
    if (type !== 'deleted') return
    const owner = controllerOf(object)
    const set =
      owner?.kind === 'ReplicaSet'
        ? setCache.get({ namespace: object.metadata.namespace, name: owner.name })
        : undefined
    const top = set && controllerOf(set)
    if (top?.kind === 'Deployment') queue.add(`${object.metadata.namespace}/${top.name}`)
  })
}

async function reconcile(context: ControllerContext, caches: Caches, deployment: Deployment): Promise<ReconcileResult> {
  const { client, clock } = context
  const sets = caches.sets
    .list(deployment.metadata.namespace)
    .filter((set) => controllerOf(set)?.uid === deployment.metadata.uid)
  const wanted = canonicalTemplate(deployment.spec.template)
  const same = sets.filter((set) => canonicalTemplate(set.spec.template) === wanted)
  let fresh =
    [...same].sort((a, b) =>
      (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''),
    )[0] ?? null
  const old = sets.filter((set) => set !== fresh)
  let note: { reason: string; message: string } | null = null
  if (deployment.spec.paused || isScalingEvent(deployment, sets)) {
    // The sizes first: a rollout goes on from the new ones.
    for (const { set, replicas } of proportionalScalings(deployment, fresh, old))
      await scaleSet(context, caches, deployment, set, replicas)
  } else {
    if (fresh === null && mayCreate(deployment, caches, old)) {
      fresh = await createSet(context, caches, deployment, old)
      note = { reason: 'NewReplicaSetCreated', message: `Created new replica set "${fresh.metadata.name}"` }
    } else if (fresh !== null) fresh = await keepRevision(context, caches, deployment, fresh, old)
    await roll(context, caches, deployment, fresh, old)
    await trimHistory(context, deployment, old)
  }
  const newest = (set: ReplicaSet) => caches.sets.get(refOf(set)) ?? set
  const current = caches.deployments.get(refOf(deployment)) ?? deployment
  const status = deploymentStatus(current, fresh && newest(fresh), old.map(newest), note, clock.now())
  if (JSON.stringify(status) !== JSON.stringify(current.status)) {
    caches.deployments.put(await client.updateStatus<Deployment>(deployments, { ...current, status }))
  }
  const left = deadlineInMs({ ...current, status }, clock.now())
  return left === null ? undefined : { afterMs: Math.max(left, 0) + 1_000 }
}

/** Recreate: no new pod before the last old one is gone. */
function mayCreate(deployment: Deployment, caches: Caches, old: readonly ReplicaSet[]): boolean {
  return deployment.spec.strategy?.type !== 'Recreate' || oldPodsGone(caches, old)
}

const oldPodsGone = (caches: Caches, old: readonly ReplicaSet[]) =>
  old.every((set) =>
    ownedPods(caches.pods, set).every((pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'),
  )

const revisionOf = (object: { metadata: { annotations?: Record<string, string> } }) =>
  Number(object.metadata.annotations?.[revisionKey] ?? 0)

async function createSet(
  context: ControllerContext,
  caches: Caches,
  deployment: Deployment,
  old: readonly ReplicaSet[],
): Promise<ReplicaSet> {
  const { client, events } = context
  const hash = templateHash(deployment.spec.template)
  const { name = '', namespace = '', uid = '' } = deployment.metadata
  const template = structuredClone(deployment.spec.template)
  const labels = { ...template.metadata?.labels, [hashLabel]: hash }
  const revision = String(Math.max(0, ...old.map(revisionOf)) + 1)
  const replicas =
    deployment.spec.strategy?.type === 'Recreate' ? (deployment.spec.replicas ?? 1) : firstReplicas(deployment, old)
  const made = await client.create<ReplicaSet>(replicaSets, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: { ...annotationsOf(deployment), ...sizeAnnotations(deployment), [revisionKey]: revision },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      replicas,
      ...(deployment.spec.minReadySeconds === undefined ? {} : { minReadySeconds: deployment.spec.minReadySeconds }),
      selector: {
        ...deployment.spec.selector,
        matchLabels: { ...deployment.spec.selector.matchLabels, [hashLabel]: hash },
      },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  })
  caches.sets.put(made)
  if (replicas > 0)
    events.record(
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled up replica set ${made.metadata.name} from 0 to ${replicas}`,
    )
  await setDeploymentRevision(context, caches, deployment, revision)
  return made
}

function firstReplicas(deployment: Deployment, old: readonly ReplicaSet[]): number {
  const replicas = deployment.spec.replicas ?? 1
  const present = old.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0)
  return Math.max(0, Math.min(replicas, replicas + rollingLimits(deployment).maxSurge - present))
}

/** Annotations go along to the ReplicaSet, so that `kubectl rollout history` has its change causes. */
function annotationsOf(deployment: Deployment): Record<string, string> {
  const own = ['kubectl.kubernetes.io/last-applied-configuration', revisionKey, historyKey, desiredKey, maxKey]
  return Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !own.includes(key)))
}

/** A template that comes back (rollout undo) becomes the newest revision, and remembers the ones that it was. */
async function keepRevision(
  context: ControllerContext,
  caches: Caches,
  deployment: Deployment,
  fresh: ReplicaSet,
  old: readonly ReplicaSet[],
): Promise<ReplicaSet> {
  const newest = Math.max(0, ...old.map(revisionOf))
  const before = fresh.metadata.annotations ?? {}
  const annotations = { ...before, ...annotationsOf(deployment) }
  if (revisionOf(fresh) <= newest) {
    annotations[revisionKey] = String(newest + 1)
    const past = [before[historyKey], before[revisionKey]].filter((each) => each !== undefined)
    if (before[revisionKey] !== undefined) annotations[historyKey] = past.join(',')
  }
  let set = fresh
  if (!sameJson(annotations, before)) {
    const { uid } = fresh.metadata
    set = await context.client.patch<ReplicaSet>(replicaSets, refOf(fresh), { metadata: { uid, annotations } })
    caches.sets.put(set)
  }
  await setDeploymentRevision(context, caches, deployment, String(revisionOf(set)))
  return set
}

async function setDeploymentRevision(
  { client }: ControllerContext,
  caches: Caches,
  deployment: Deployment,
  revision: string,
): Promise<void> {
  if (deployment.metadata.annotations?.[revisionKey] === revision) return
  caches.deployments.put(
    await client.patch<Deployment>(deployments, refOf(deployment), {
      metadata: { uid: deployment.metadata.uid, annotations: { [revisionKey]: revision } },
    }),
  )
}

async function roll(
  context: ControllerContext,
  caches: Caches,
  deployment: Deployment,
  fresh: ReplicaSet | null,
  old: readonly ReplicaSet[],
): Promise<void> {
  if (deployment.spec.strategy?.type === 'Recreate') {
    for (const set of old) await scaleSet(context, caches, deployment, set, 0)
    if (fresh !== null && oldPodsGone(caches, old))
      await scaleSet(context, caches, deployment, fresh, deployment.spec.replicas ?? 1)
    return
  }
  if (fresh === null) return
  for (const { set, replicas } of rollingScalings(deployment, caches.sets.get(refOf(fresh)) ?? fresh, old))
    await scaleSet(context, caches, deployment, set, replicas)
}

async function scaleSet(
  { client, events }: ControllerContext,
  caches: Caches,
  deployment: Deployment,
  set: ReplicaSet,
  replicas: number,
): Promise<void> {
  const before = set.spec.replicas ?? 0
  const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) }
  if (before === replicas && (replicas === 0 || sameJson(annotations, set.metadata.annotations))) return
  // The version that was looked at: somebody else's scaling in between is a conflict, not overwritten.
  const next = await client.update<ReplicaSet>(replicaSets, {
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...set.spec, replicas },
  })
  caches.sets.put(next)
  if (before === replicas) return
  events.record(
    deployment,
    'Normal',
    'ScalingReplicaSet',
    `Scaled ${replicas > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${replicas}`,
  )
}

async function trimHistory(
  { client }: ControllerContext,
  deployment: Deployment,
  old: readonly ReplicaSet[],
): Promise<void> {
  const idle = old.filter(
    (set) =>
      (set.spec.replicas ?? 0) === 0 &&
      (set.status?.replicas ?? 0) === 0 &&
      set.metadata.deletionTimestamp === undefined,
  )
  const surplus = idle.length - (deployment.spec.revisionHistoryLimit ?? 10)
  for (const set of [...idle].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, surplus))) {
    await client.delete(replicaSets, refOf(set), { uid: set.metadata.uid ?? '' }).catch(() => {})
  }
}
