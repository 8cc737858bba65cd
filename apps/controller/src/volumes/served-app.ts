/** Kinds that stand for a Deployment and a Service: made true, and told of in the status. What they are is decided in core. */
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { BaseCtx } from '@keelson/core/context'
import { volumeAffinity } from '@keelson/core/volumes'
import { type AppFault, foreignChild, type ServedApp, type Workload } from '@keelson/core/webapps'
import {
  after,
  createEventRecorder,
  done,
  type EventRecorder,
  type Informer,
  ownersOfKind,
  type ReconcileResult,
  type Resource,
  refOfKey,
  resources,
  runReconciler,
  source,
} from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'

/** A quota empties and a foreign object goes without the app hearing of it. */
const refusedAgainMs = 10_000

export type ServedKind<T extends KubeObject> = {
  name: string
  resource: Resource
  fieldManager: string
  /** By which its children are watched. */
  childSelector: string
  fault(app: T): AppFault | null
  /** The claim near whose pod it should run; null where it may run anywhere. */
  claimOf(app: T): string | null
  desired(app: T, affinity: object | null): ServedApp
  status(app: T, workload: Workload | null, fault: AppFault | null, now: Date): object
}

export type ServedAppParts = Pick<ControllerParts, 'log' | 'signal'> & {
  base: Pick<BaseCtx, 'kube' | 'clock'>
  informers: Pick<ControllerParts['informers'], 'pods'>
}

type Engine<T extends KubeObject> = {
  kind: ServedKind<T>
  base: ServedAppParts['base']
  apps: Informer<T>
  deployments: Informer<Workload>
  pods: Pick<Informer<KubeObject>, 'list'>
  record: EventRecorder
}

export function servedAppReconciler<T extends KubeObject>(
  kind: ServedKind<T>,
  { base, informers, log, signal }: ServedAppParts,
): RunningService {
  const marked = { labelSelector: kind.childSelector }
  const apps = base.kube.inform<T>(kind.resource, {}, signal)
  const deployments = base.kube.inform<Workload>(resources.deployments, marked, signal)
  const services = base.kube.inform<KubeObject>(resources.services, marked, signal)
  const record = createEventRecorder(base.kube, `${kind.name}-controller`, (error) =>
    log.warn('an event is lost', { error }),
  )
  const engine = { kind, base, apps, deployments, pods: informers.pods, record }
  const owned = (object: KubeObject) => ownersOfKind(kind.resource.kind, object)
  return runReconciler({
    name: kind.name,
    sources: [source(apps), source(deployments, owned), source(services, owned)],
    reconcile: (key) => reconcile(engine, key),
    log,
    signal,
  })
}

async function reconcile<T extends KubeObject>(engine: Engine<T>, key: string): Promise<ReconcileResult> {
  const { kind, apps } = engine
  const app = apps.get(refOfKey(key))
  if (!app || app.metadata.deletionTimestamp !== undefined) return done
  const fault = kind.fault(app)
  if (fault !== null) {
    await writeStatus(engine, app, null, fault)
    return done
  }
  const made = await makeTrue(engine, app)
  await writeStatus(engine, app, made.workload, made.fault)
  return made.fault === null ? done : after(refusedAgainMs)
}

/** Applies both children. What the cluster refuses for good becomes the status, in its own words. */
async function makeTrue<T extends KubeObject>(
  engine: Engine<T>,
  app: T,
): Promise<{ workload: Workload | null; fault: AppFault | null }> {
  const { kind, base } = engine
  const { kube } = base
  const { fieldManager } = kind
  const plain = kind.desired(app, null)
  const { namespace, name = '' } = plain.deployment.metadata
  const present = await kube.find<Workload>(resources.deployments, { namespace, name })
  const service = plain.service && (await kube.find<KubeObject>(resources.services, { namespace, name }))
  const foreign = foreignChild(app, present) ?? foreignChild(app, service)
  if (foreign !== null) return { workload: null, fault: foreign }
  // Decided once: another machine would mean another pod.
  const affinity = present ? (present.spec?.template?.spec?.affinity ?? null) : await affinityOf(engine, app)
  const desired = kind.desired(app, affinity)
  try {
    const workload = await kube.apply(resources.deployments, desired.deployment as Workload, { fieldManager })
    if (desired.service) await kube.apply(resources.services, desired.service, { fieldManager })
    return { workload, fault: null }
  } catch (error) {
    if (!(error instanceof AppError) || (error.code !== 'invalid' && error.code !== 'forbidden')) throw error
    return { workload: null, fault: { reason: 'SpecRefused', message: `The cluster refuses it: ${error.message}` } }
  }
}

type Claim = KubeObject & { spec?: { accessModes?: string[] }; status?: { accessModes?: string[] } }

async function affinityOf<T extends KubeObject>({ kind, base, pods }: Engine<T>, app: T): Promise<object | null> {
  const name = kind.claimOf(app)
  if (name === null) return null
  const { namespace } = app.metadata
  const claim = await base.kube.find<Claim>(resources.persistentVolumeClaims, { namespace, name })
  const modes = claim?.status?.accessModes ?? claim?.spec?.accessModes ?? []
  return volumeAffinity({ name, modes }, pods.list(namespace))
}

/** A refusal that is new is an event too; one that stands is not told again. */
async function writeStatus<T extends KubeObject>(
  { kind, base, record }: Engine<T>,
  app: T,
  workload: Workload | null,
  fault: AppFault | null,
): Promise<void> {
  const status = kind.status(app, workload, fault, base.clock.now())
  if (isDeepStrictEqual(app.status, status)) return
  await base.kube.applyStatus<T>(kind.resource, { ...app, status }, { fieldManager: kind.fieldManager })
  if (fault !== null && !JSON.stringify(app.status ?? {}).includes(JSON.stringify(fault.message)))
    await record(app, { type: 'Warning', ...fault })
}
