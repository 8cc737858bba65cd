/** Training jobs of one kind → pods, Services, status. What is to be done is decided in core; this does it. */
import { isDeepStrictEqual } from 'node:util'
import { type CustomKind, type TrainingJob, trainingLabels } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { BaseCtx } from '@keelson/core/context'
import { type Plan, type Pod, planTrainingJob, withMessage } from '@keelson/core/training'
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
import type { ControllerParts, Reconciler } from '../parts.ts'
import { type Index, indexBy } from '../reconcilers/pod-index.ts'

const fieldManager = 'keelson-training'
/** A quota that is full empties without the job hearing of it. */
const refusedAgainMs = 5_000
const longestWaitMs = 3_600_000

type Base = Pick<BaseCtx, 'kube' | 'clock'>

/** What a job's reconcile reads and writes with. */
type Engine = {
  base: Base
  resource: Resource
  jobs: Informer<TrainingJob>
  pods: Index<Pod>
  services: Index<KubeObject>
  record: EventRecorder
}

export function trainingJobReconciler(kind: CustomKind): Reconciler {
  return (parts) => startTraining(kind, parts)
}

function startTraining(kind: CustomKind, { base, informers, log, signal }: ControllerParts) {
  const resource = { group: kind.group, version: 'v1', plural: kind.plural, kind: kind.kind, namespaced: true }
  const operator = `${trainingLabels.operatorName}=${kind.singular}-controller`
  const jobs = informers.trainingJobs.get(kind.kind)
  if (!jobs) throw new AppError('internal', `There is no watch on ${kind.kind}.`)
  const services = base.kube.inform<KubeObject>(resources.services, { labelSelector: operator }, signal)
  const ownerUid = (object: KubeObject) =>
    object.metadata.ownerReferences?.find((owner) => owner.controller === true && owner.kind === kind.kind)?.uid
  const record = createEventRecorder(base.kube, `${kind.singular}-controller`, (error) =>
    log.warn('event could not be written', { error }),
  )
  const engine: Engine = {
    base,
    resource,
    jobs,
    pods: indexBy(informers.pods, ownerUid),
    services: indexBy(services, ownerUid),
    record,
  }
  const owners = (object: KubeObject) => ownersOfKind(kind.kind, object)
  return runReconciler({
    name: kind.singular,
    sources: [source(jobs), source(informers.pods, owners), source(services, owners)],
    reconcile: (key) => reconcileTrainingJob(engine, key),
    workers: 4,
    log,
    signal,
  })
}

async function reconcileTrainingJob(engine: Engine, key: string): Promise<ReconcileResult> {
  const cached = engine.jobs.get(refOfKey(key))
  if (!cached) return done
  const first = planFor(engine, cached)
  if (!first) return done
  if (isIdle(cached, first)) return wake(first)
  // The watch may be behind our own last write: what is done is decided on what the server holds now.
  const job = await engine.base.kube.find<TrainingJob>(engine.resource, refOfKey(key))
  if (!job || job.metadata.uid !== cached.metadata.uid) return done
  const plan = planFor(engine, job)
  return plan ? carryOut(engine, job, plan) : done
}

function planFor(engine: Engine, job: TrainingJob): Plan | null {
  const uid = job.metadata.uid ?? ''
  const seen = { pods: engine.pods.get(uid), services: engine.services.get(uid), now: engine.base.clock.now() }
  return planTrainingJob(job, seen)
}

function isIdle(job: TrainingJob, plan: Plan): boolean {
  const { create, remove } = plan
  const work = [create.pods, create.services, remove.pods, remove.services].some((list) => list.length > 0)
  return !work && !plan.deleteJob && isDeepStrictEqual(job.status ?? {}, plan.status)
}

function wake({ wakeAfterMs }: Plan): ReconcileResult {
  return wakeAfterMs === null ? done : after(Math.min(wakeAfterMs + 50, longestWaitMs))
}

/** The status first: what it counts and says is kept before anything is done about it. */
async function carryOut(engine: Engine, job: TrainingJob, plan: Plan): Promise<ReconcileResult> {
  const { kube } = engine.base
  if (plan.deleteJob) {
    await unlessGone(
      kube.delete(engine.resource, refOf(job), { uid: job.metadata.uid ?? '', propagation: 'Background' }),
    )
    return done
  }
  const written = await writeStatus(engine, job, plan.status)
  for (const event of plan.events) await engine.record(job, event)
  await removeAll(engine, job, plan)
  const refusal = await createAll(engine, job, plan)
  if (refusal === null) return wake(plan)
  const state = plan.status.conditions?.at(-1)?.type
  const message = `${job.kind} ${job.metadata.name} waits. ${refusal}`
  if (state !== undefined) await writeStatus(engine, written, withMessage(plan.status, state, message))
  return after(refusedAgainMs)
}

async function writeStatus(engine: Engine, job: TrainingJob, status: Plan['status']): Promise<TrainingJob> {
  if (isDeepStrictEqual(job.status ?? {}, status)) return job
  return engine.base.kube.applyStatus<TrainingJob>(engine.resource, { ...job, status }, { fieldManager })
}

async function removeAll(engine: Engine, job: TrainingJob, plan: Plan): Promise<void> {
  const { kube } = engine.base
  for (const pod of plan.remove.pods) {
    await unlessGone(kube.delete(resources.pods, refOf(pod), { uid: pod.metadata.uid ?? '' }))
    const message = `Deleted pod: ${pod.metadata.name}`
    await engine.record(job, { type: 'Normal', reason: 'SuccessfulDeletePod', message })
  }
  for (const service of plan.remove.services)
    await unlessGone(kube.delete(resources.services, refOf(service), { uid: service.metadata.uid ?? '' }))
}

/** Services first, so that names are there when pods ask for them. The server's first refusal ends it, in its own words. */
async function createAll(engine: Engine, job: TrainingJob, { create }: Plan): Promise<string | null> {
  for (const service of create.services) {
    const refusal = await createOne(engine, job, resources.services, service, 'Service')
    if (refusal !== null) return refusal
  }
  for (const pod of create.pods) {
    const refusal = await createOne(engine, job, resources.pods, pod, 'Pod')
    if (refusal !== null) return refusal
  }
  return null
}

async function createOne(
  engine: Engine,
  job: TrainingJob,
  resource: Resource,
  object: KubeObject,
  word: 'Pod' | 'Service',
): Promise<string | null> {
  const { name } = object.metadata
  try {
    await engine.base.kube.create(resource, object)
  } catch (error) {
    const code = error instanceof AppError ? error.code : null
    if (code === 'already_exists') return foreign(engine, job, resource, object)
    if (!(error instanceof AppError) || (code !== 'forbidden' && code !== 'invalid')) throw error
    await engine.record(job, { type: 'Warning', reason: `FailedCreate${word}`, message: error.message })
    return error.message
  }
  const message = `Created ${word.toLowerCase()}: ${name}`
  await engine.record(job, { type: 'Normal', reason: `SuccessfulCreate${word}`, message })
  return null
}

/** A name that is taken: by ourselves, when the watch is behind, or by something that is not this job's. */
async function foreign(
  engine: Engine,
  job: TrainingJob,
  resource: Resource,
  object: KubeObject,
): Promise<string | null> {
  const present = await engine.base.kube.find<KubeObject>(resource, refOf(object))
  const ours = present?.metadata.ownerReferences?.some(({ uid }) => uid === job.metadata.uid) ?? true
  return ours ? null : `${object.kind} ${object.metadata.name} exists already and is not this job's.`
}

async function unlessGone(deletion: Promise<void>): Promise<void> {
  try {
    await deletion
  } catch (error) {
    // Not found: gone. Conflict: a namesake with another uid, which is none of this plan's.
    if (!(error instanceof AppError) || (error.code !== 'not_found' && error.code !== 'conflict')) throw error
  }
}

function refOf({ metadata: { namespace, name = '' } }: KubeObject) {
  return { namespace, name }
}
