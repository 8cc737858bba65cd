/** Idle notebooks are warned, then stopped. Whether one is idle is decided in core; this looks and writes. */
import { type Notebook, notebookAnnotations, notebookLabels } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { BaseCtx } from '@keelson/core/context'
import {
  type CullingPlan,
  type CullingSettings,
  lookAtNotebook,
  type NotebookPod,
  notebookPort,
  notebookPrefix,
  planCulling,
  planRest,
  untilLook,
} from '@keelson/core/notebooks'
import {
  after,
  createEventRecorder,
  done,
  type EventRecorder,
  type Informer,
  type ReconcileResult,
  refOfKey,
  resources,
  runReconciler,
  source,
} from '@keelson/kube'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'

export type Culler = {
  base: Pick<BaseCtx, 'kube' | 'clock'>
  /** Null: nothing is culled. */
  settings: CullingSettings | null
  notebooks: Pick<Informer<Notebook>, 'get'>
  pods: Pick<Informer<KubeObject>, 'get'>
  record: EventRecorder
  signal: AbortSignal
}

export function notebookCuller({ base, informers, notebooks: settings, log, signal }: ControllerParts): RunningService {
  const notebooks = base.kube.inform<Notebook>(resources.notebooks, {}, signal)
  const culler: Culler = {
    base,
    settings: settings.culling,
    notebooks,
    pods: informers.pods,
    record: createEventRecorder(base.kube, 'notebook-culler', (error) => log.warn('an event is lost', { error })),
    signal,
  }
  const ofPod = ({ metadata }: KubeObject) => {
    const name = metadata.labels?.[notebookLabels.name]
    return name === undefined ? [] : [`${metadata.namespace ?? ''}/${name}`]
  }
  return runReconciler({
    name: 'notebook-culler',
    sources: [source(notebooks), source(informers.pods, ofPod)],
    reconcile: (key) => lookAfter(culler, key),
    // Each may wait ten seconds for a server that says nothing.
    workers: 8,
    log,
    signal,
  })
}

export async function lookAfter(culler: Culler, key: string): Promise<ReconcileResult> {
  const { settings, base, signal } = culler
  const notebook = culler.notebooks.get(refOfKey(key))
  if (!notebook || notebook.metadata.deletionTimestamp !== undefined) return done
  const { namespace = '', name = '', annotations = {} } = notebook.metadata
  const pod = culler.pods.get({ namespace, name: `${name}-0` }) as NotebookPod | undefined
  const isStopped = annotations[notebookAnnotations.stopped] !== undefined
  if (settings === null || isStopped || !pod) return carryOut(culler, notebook, planRest(notebook))
  const waitMs = untilLook(notebook, base.clock.now(), settings)
  if (waitMs > 0) return after(waitMs)
  const address = pod.status?.podIP
  const activity = address
    ? await lookAtNotebook(
        `http://${address.includes(':') ? `[${address}]` : address}:${notebookPort(notebook)}`,
        notebookPrefix({ workspace: namespace, name }),
        signal,
      )
    : ({ kind: 'silent' } as const)
  return carryOut(culler, notebook, planCulling(notebook, activity, base.clock.now(), settings))
}

/** Under the version that was read, so that nobody who starts or changes the notebook meanwhile is overruled. */
async function carryOut(
  { base, record }: Culler,
  notebook: Notebook,
  { annotations, event, wakeAfterMs }: CullingPlan,
): Promise<ReconcileResult> {
  const { namespace, name = '', resourceVersion } = notebook.metadata
  if (Object.keys(annotations).length > 0)
    await base.kube.patch(resources.notebooks, { namespace, name }, { metadata: { resourceVersion, annotations } })
  if (event !== null) await record(notebook, event)
  return wakeAfterMs === null ? done : after(wakeAfterMs)
}
