/** kubeflow.org Notebook → StatefulSet, Service, status, events. What they are is decided in core; this does it. */
import { type Notebook, notebookLabels } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { KubeEvent } from '@keelson/core/activity'
import type { BaseCtx } from '@keelson/core/context'
import {
  desiredNotebook,
  desiredNotebookStatus,
  foreignChild,
  type NotebookOptions,
  type NotebookPod,
  notebookFault,
  notebookOfEvent,
  type ObservedNotebook,
  podRefusal,
  refusedType,
  reissuedEvent,
  sameEvent,
  sameNotebookStatus,
} from '@keelson/core/notebooks'
import type { AppFault } from '@keelson/core/webapps'
import {
  after,
  createEventRecorder,
  done,
  type EventRecorder,
  type Informer,
  ownersOfKind,
  type ReconcileResult,
  refOfKey,
  resources,
  runReconciler,
  source,
} from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'
import { type Index, indexBy } from '../reconcilers/pod-index.ts'

const fieldManager = 'keelson-notebook'
/** A quota empties and a foreign object goes without the notebook hearing of it. */
const refusedAgainMs = 10_000

type Parts = Pick<ControllerParts, 'informers' | 'log' | 'signal'> & {
  notebooks: NotebookOptions
  base: Pick<BaseCtx, 'kube' | 'clock'>
}

/** What a notebook's reconcile reads and writes with. */
type Engine = {
  base: Parts['base']
  options: NotebookOptions
  notebooks: Informer<Notebook>
  statefulSets: Informer<KubeObject>
  services: Informer<KubeObject>
  pods: Informer<KubeObject>
  /** Events of StatefulSets and pods that a notebook of that name would have. */
  events: Index<KubeEvent>
  allEvents: Informer<KubeEvent>
  record: EventRecorder
}

export function notebookReconciler({ base, informers, notebooks: settings, log, signal }: Parts): RunningService {
  const { kube } = base
  const marked = { labelSelector: notebookLabels.name }
  const events = informers.events
  const eventKey = (event: KubeEvent) => {
    const name = notebookOfEvent(event)
    return name === null ? undefined : `${event.metadata.namespace ?? ''}/${name}`
  }
  const engine: Engine = {
    base,
    options: settings,
    notebooks: kube.inform<Notebook>(resources.notebooks, {}, signal),
    statefulSets: kube.inform<KubeObject>(resources.statefulSets, marked, signal),
    services: kube.inform<KubeObject>(resources.services, marked, signal),
    pods: informers.pods,
    events: indexBy(events, eventKey),
    allEvents: events,
    record: createEventRecorder(kube, 'notebook-controller', (error) => log.warn('an event is lost', { error })),
  }
  const owned = (object: KubeObject) => ownersOfKind('Notebook', object)
  return runReconciler({
    name: 'notebook',
    sources: [
      source(engine.notebooks),
      source(engine.statefulSets, owned),
      source(engine.services, owned),
      source(informers.pods, notebooksOfPod),
      source(events, (event) => [eventKey(event) ?? []].flat()),
    ],
    reconcile: (key) => reconcileNotebook(engine, key),
    log,
    signal,
  })
}

function notebooksOfPod({ metadata }: KubeObject): string[] {
  const name = metadata.labels?.[notebookLabels.name]
  return name === undefined ? [] : [`${metadata.namespace ?? ''}/${name}`]
}

async function reconcileNotebook(engine: Engine, key: string): Promise<ReconcileResult> {
  const notebook = engine.notebooks.get(refOfKey(key))
  if (!notebook || notebook.metadata.deletionTimestamp !== undefined) return done
  const fault = notebookFault(notebook)
  if (fault !== null) return refuse(engine, notebook, fault, done)
  const foreign = await findForeign(engine, notebook)
  if (foreign !== null) return refuse(engine, notebook, foreign, after(refusedAgainMs))
  const made = await makeTrue(engine, notebook)
  if ('fault' in made) return refuse(engine, notebook, made.fault, after(refusedAgainMs))
  const { statefulSet } = made
  const pod = podOf(engine, notebook, statefulSet)
  const events = engine.events.get(key)
  const refusal = pod === null ? podRefusal(notebook, statefulSet, events) : null
  await writeStatus(engine, notebook, { statefulSet, pod, fault: refusal })
  for (const event of events) await reissue(engine, notebook, statefulSet, event)
  return done
}

/** What is in the watched cache is ours by its owner; what is not there may be somebody's, so the server is asked. */
async function findForeign({ base, ...engine }: Engine, notebook: Notebook): Promise<AppFault | null> {
  const { namespace, name = '' } = notebook.metadata
  const children = [
    { resource: resources.statefulSets, informer: engine.statefulSets },
    { resource: resources.services, informer: engine.services },
  ]
  for (const { resource, informer } of children) {
    const cached = informer.get({ namespace, name })
    if (cached && foreignChild(notebook, cached) === null) continue
    const foreign = foreignChild(notebook, await base.kube.find<KubeObject>(resource, { namespace, name }))
    if (foreign !== null) return foreign
  }
  return null
}

/** Applies both children. What the cluster refuses for good (a name, a field, a quota) becomes the status, in its own words. */
async function makeTrue(
  { base, options }: Engine,
  notebook: Notebook,
): Promise<{ statefulSet: KubeObject } | { fault: AppFault }> {
  const desired = desiredNotebook(notebook, options)
  try {
    const statefulSet = await base.kube.apply(resources.statefulSets, desired.statefulSet, { fieldManager })
    await base.kube.apply(resources.services, desired.service, { fieldManager })
    return { statefulSet }
  } catch (error) {
    if (!(error instanceof AppError) || (error.code !== 'invalid' && error.code !== 'forbidden')) throw error
    return {
      fault: { reason: 'SpecRefused', message: `The cluster refuses what the notebook asks for: ${error.message}` },
    }
  }
}

/** The StatefulSet's one pod, if it is that one's and not of an earlier namesake. */
function podOf({ pods }: Engine, { metadata }: Notebook, statefulSet: KubeObject): NotebookPod | null {
  const pod = pods.get({ namespace: metadata.namespace, name: `${metadata.name}-0` })
  const isOurs = pod?.metadata.ownerReferences?.some(({ uid }) => uid === statefulSet.metadata.uid)
  return pod && isOurs ? (pod as NotebookPod) : null
}

async function refuse(
  engine: Engine,
  notebook: Notebook,
  fault: AppFault,
  result: ReconcileResult,
): Promise<ReconcileResult> {
  await writeStatus(engine, notebook, { statefulSet: null, pod: null, fault })
  return result
}

/** A refusal that is new is an event too; one that stands is not told again. */
async function writeStatus(engine: Engine, notebook: Notebook, observed: ObservedNotebook): Promise<void> {
  const { kube, clock } = engine.base
  const status = desiredNotebookStatus(notebook, observed, clock.now())
  if (sameNotebookStatus(notebook.status, status)) return
  await kube.applyStatus<Notebook>(resources.notebooks, { ...notebook, status }, { fieldManager })
  const { fault } = observed
  const before = notebook.status?.conditions.find(({ type }) => type === refusedType)
  if (fault !== null && before?.message !== fault.message) await engine.record(notebook, { type: 'Warning', ...fault })
}

async function reissue(
  { base, allEvents }: Engine,
  notebook: Notebook,
  statefulSet: KubeObject,
  event: KubeEvent,
): Promise<void> {
  const own = reissuedEvent(notebook, statefulSet, event)
  if (own === null) return
  const { namespace, name = '' } = own.metadata
  if (sameEvent(allEvents.get({ namespace, name }), own)) return
  await base.kube.apply(resources.events, own, { fieldManager })
}
