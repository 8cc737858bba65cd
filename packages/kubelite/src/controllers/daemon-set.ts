import type { KubeObject } from '@keelson/contracts/kubernetes'
import { templateGenerationKey } from '../kinds/workloads.ts'
import { nodeFaults, type SchedulableNode } from '../node/node-fit.ts'
import { nodes, type Pod, pods, type Toleration } from '../node/types.ts'
import { sameJson } from '../patch/json-patch.ts'
import { type Cache, openCache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import { type ControllerRevision, currentRevision, trimRevisions } from './controller-revision.ts'
import { controllerOf, isFinished, isPodReady, type LabelSelector, type PodTemplate } from './job-types.ts'
import { adoptPods, deletePod, namePrefix, nameSuffix, ownedPods, podFromTemplate } from './owned-pods.ts'
import { availableInMs, isAvailable, isTerminating } from './pod-state.ts'
import { nonZero } from './replica-set.ts'
import { openWorkQueue, type ReconcileResult } from './work-queue.ts'

export type DaemonSet = KubeObject & {
  spec: {
    selector: LabelSelector
    template: PodTemplate
    minReadySeconds?: number
    revisionHistoryLimit?: number
    updateStrategy?: {
      type?: 'RollingUpdate' | 'OnDelete'
      rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string }
    }
  }
  status?: Record<string, unknown>
}
export const daemonSets = { group: 'apps', version: 'v1', plural: 'daemonsets' } as const
const hashLabel = 'controller-revision-hash'

type DaemonContext = ControllerContext & {
  setCache: Cache<DaemonSet>
  podCache: Cache<Pod>
  nodeCache: Cache<SchedulableNode>
  revisionCache: Cache<ControllerRevision>
}

/** Keeps one pod of each DaemonSet on every node that may run it. */
export function startDaemonSetController(
  context: ControllerContext,
  podCache: Cache<Pod>,
  revisionCache: Cache<ControllerRevision>,
): void {
  const { client, log, signal, clock } = context
  const setCache = openCache<DaemonSet>(client, daemonSets, {}, { log, signal })
  const nodeCache = openCache<SchedulableNode>(client, nodes, {}, { log, signal })
  const inner: DaemonContext = { ...context, setCache, podCache, nodeCache, revisionCache }
  const queue = openWorkQueue({ name: 'daemonset', clock, log, signal }, async (key) => {
    await Promise.all([setCache.synced, podCache.synced, nodeCache.synced, revisionCache.synced])
    const [namespace = '', name = ''] = key.split('/')
    const set = setCache.get({ namespace, name })
    return set === undefined ? undefined : reconcile(inner, set)
  })
  const add = (set: DaemonSet) => queue.add(`${set.metadata.namespace}/${set.metadata.name}`)
  setCache.onEvent(({ object }) => add(object))
  nodeCache.onEvent(() => {
    for (const set of setCache.list()) add(set)
  })
  podCache.onEvent(({ object }) => {
    const owner = controllerOf(object)
    if (owner?.kind === 'DaemonSet') queue.add(`${object.metadata.namespace}/${owner.name}`)
  })
}

/** A pod of a daemon stays when the node is unwell (`AddOrUpdateDaemonPodTolerations`). */
const tolerations: Toleration[] = [
  ...['not-ready', 'unreachable'].map((name) => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    effect: 'NoExecute',
  })),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    effect: 'NoSchedule',
  })),
]

/** The node that a daemon's pod is for: before it is bound its affinity says so. */
function nodeOf(pod: Pod): string {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return pod.spec.nodeName ?? terms?.[0]?.matchFields?.[0]?.values?.[0] ?? ''
}

async function reconcile(context: DaemonContext, set: DaemonSet): Promise<ReconcileResult> {
  const { clock, nodeCache, podCache, revisionCache, setCache, client } = context
  if (set.metadata.deletionTimestamp !== undefined) return undefined
  await adoptPods(context, set, set.spec.selector, podCache)
  const revision = await currentRevision(context, revisionCache, set, hashLabel)
  const hash = revision.metadata.labels?.[hashLabel] ?? ''
  const spec = {
    ...set.spec.template.spec,
    tolerations: [...(set.spec.template.spec.tolerations ?? []), ...tolerations],
  }
  const wanted = nodeCache.list().filter((node) => nodeFaults(spec, node).length === 0)
  const names = new Set(wanted.map((node) => node.metadata.name ?? ''))
  const now = clock.now().getTime()
  let failure: unknown = null
  try {
    for (const pod of surplus(ownedPods(podCache, set), names, set, hash, now)) await remove(context, set, pod)
    for (const name of names) await keepOne(context, set, name, hash)
  } catch (error) {
    failure = error
  }
  const owned = ownedPods(podCache, set)
  const status = daemonSetStatus(set, owned, names, hash, now)
  if (!sameJson(status, set.status)) setCache.put(await client.updateStatus<DaemonSet>(daemonSets, { ...set, status }))
  if (failure !== null) throw failure
  const live = owned.map((pod) => `${set.metadata.name}-${pod.metadata.labels?.[hashLabel] ?? ''}`)
  await trimRevisions(context, revisionCache, set, new Set([revision.metadata.name ?? '', ...live]))
  const waits = owned
    .flatMap((pod) => availableInMs(pod, set.spec.minReadySeconds ?? 0, now) ?? [])
    .filter((ms) => ms > 0)
  return waits.length === 0 ? undefined : { afterMs: Math.min(...waits) + 10 }
}

const count = (value: number | string | undefined, total: number): number =>
  typeof value === 'string' ? Math.ceil((total * Number.parseFloat(value)) / 100) : (value ?? 0)

/** Pods that are to go: on nodes that are not wanted, ended ones, doubles, and old ones that an update may replace. */
function surplus(owned: readonly Pod[], names: ReadonlySet<string>, set: DaemonSet, hash: string, now: number): Pod[] {
  const living = owned.filter((pod) => !isTerminating(pod))
  const isNew = (pod: Pod) => pod.metadata.labels?.[hashLabel] === hash
  const available = (pod: Pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)
  const stray = living.filter((pod) => !names.has(nodeOf(pod)) || isFinished(pod))
  const rest = living.filter((pod) => !stray.includes(pod))
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  const surge = count(rollingUpdate?.maxSurge, names.size) > 0
  const fresh = (name: string) => rest.find((pod) => nodeOf(pod) === name && isNew(pod))
  const old = rest.filter((pod) => !isNew(pod))
  // Where a new pod is available already, the old one on its node has had its time.
  const replaced = old.filter((pod) => {
    const other = fresh(nodeOf(pod))
    return other !== undefined && available(other)
  })
  if (type === 'OnDelete' || surge) return [...stray, ...replaced]
  const unavailable = [...names].filter((name) => !rest.some((pod) => nodeOf(pod) === name && available(pod))).length
  const room = Math.max(0, Math.max(1, count(rollingUpdate?.maxUnavailable, names.size)) - unavailable)
  const broken = old.filter((pod) => !available(pod))
  return [...stray, ...broken, ...old.filter(available).slice(0, room)]
}

async function keepOne(context: DaemonContext, set: DaemonSet, node: string, hash: string): Promise<void> {
  const here = ownedPods(context.podCache, set).filter((pod) => nodeOf(pod) === node)
  const isNew = (pod: Pod) => pod.metadata.labels?.[hashLabel] === hash
  if (here.some((pod) => !isTerminating(pod) && isNew(pod))) return
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  const surge = type !== 'OnDelete' && count(rollingUpdate?.maxSurge, 1) > 0
  const living = here.filter((pod) => !isTerminating(pod))
  // An old pod that is going leaves its place only when it is gone; with a surge the new one comes beside the old.
  if (here.length > 0 && !(surge && living.length === here.length)) return
  await create(context, set, node, hash)
}

async function create({ client, podCache, events }: DaemonContext, set: DaemonSet, node: string, hash: string) {
  const prefix = namePrefix(set.metadata.name ?? '')
  const pod = podFromTemplate(set, set.spec.template, `${prefix}${nameSuffix()}`)
  pod.metadata.labels = {
    ...pod.metadata.labels,
    [hashLabel]: hash,
    'pod-template-generation': set.metadata.annotations?.[templateGenerationKey] ?? '1',
  }
  pod.spec.tolerations = [...(pod.spec.tolerations ?? []), ...tolerations]
  const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }]
  pod.spec.affinity = {
    ...pod.spec.affinity,
    nodeAffinity: {
      ...pod.spec.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
    },
  }
  try {
    const made = await client.create<Pod>(pods, pod)
    podCache.put(made)
    events.record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`)
  } catch (error) {
    events.record(
      set,
      'Warning',
      'FailedCreate',
      `Error creating: ${error instanceof Error ? error.message : String(error)}`,
    )
    throw error
  }
}

async function remove({ client, podCache, events }: DaemonContext, set: DaemonSet, pod: Pod): Promise<void> {
  await deletePod(client, pod, podCache)
  events.record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
}

function daemonSetStatus(
  set: DaemonSet,
  owned: readonly Pod[],
  names: ReadonlySet<string>,
  hash: string,
  now: number,
): Record<string, unknown> {
  const minReady = set.spec.minReadySeconds ?? 0
  const on = (suits: (pod: Pod) => boolean) =>
    [...names].filter((name) => owned.some((pod) => nodeOf(pod) === name && suits(pod))).length
  const available = on((pod) => isAvailable(pod, minReady, now))
  return {
    currentNumberScheduled: on(() => true),
    numberMisscheduled: owned.filter((pod) => !names.has(nodeOf(pod)) && !isFinished(pod)).length,
    desiredNumberScheduled: names.size,
    numberReady: on(isPodReady),
    observedGeneration: set.metadata.generation,
    ...nonZero({
      updatedNumberScheduled: on((pod) => pod.metadata.labels?.[hashLabel] === hash),
      numberAvailable: available,
      numberUnavailable: names.size - available,
    }),
    ...(set.status?.collisionCount === undefined ? {} : { collisionCount: set.status.collisionCount }),
  }
}
