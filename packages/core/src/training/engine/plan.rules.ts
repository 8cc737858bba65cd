/**
 * One engine for all training kinds: a job, its pods and Services and the time → what to make, what to delete, and the status.
 * The status is written before anything is done, so that a controller killed in between counts no restart twice and skips no
 * condition; names are fixed, so that no replica is made twice.
 */
import { type TrainingJob, type TrainingJobStatus, trainingManager } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Pod } from '../pod.rules.ts'
import type { EnvironmentOptions } from './environment.rules.ts'
import {
  exitCodeOf,
  hasPhase,
  hindranceOf,
  indexOf,
  isEnding,
  outcomeOf,
  podsOfType,
  restartsInPlace,
  startsAgain,
} from './outcome.rules.ts'
import { desiredPod, desiredService } from './pod.rules.ts'
import { type ReadJob, type Replica, readTrainingJob, replicaLabels, replicaName } from './replicas.rules.ts'
import { hasCondition, isFinished, withCondition, withMessage } from './status.rules.ts'

export type PlannedEvent = { type: 'Normal' | 'Warning'; reason: string; message: string }

export type Plan = {
  status: TrainingJobStatus
  create: { pods: KubeObject[]; services: KubeObject[] }
  remove: { pods: Pod[]; services: KubeObject[] }
  /** About the job, told once each: they go with a change of the status. */
  events: PlannedEvent[]
  /** Its time to live is over. */
  deleteJob: boolean
  /** When time alone changes something. */
  wakeAfterMs: number | null
}

export type Observed = { pods: readonly Pod[]; services: readonly KubeObject[]; now: Date }

/** Null: the job is another manager's, or being deleted. */
export function planTrainingJob(job: TrainingJob, seen: Observed, options: EnvironmentOptions = {}): Plan | null {
  const { managedBy = trainingManager } = job.spec.runPolicy ?? {}
  if (managedBy !== trainingManager || job.metadata.deletionTimestamp !== undefined) return null
  if (isFinished(job.status)) return planEnd(job, seen)
  const plan = emptyPlan(job.status ?? {})
  const read = readTrainingJob(job)
  if ('fault' in read) {
    end(plan, job, seen, { word: 'Failed', reason: 'FailedValidation', message: read.fault })
    return plan
  }
  mark(plan, job, seen, 'Created', `${job.kind} ${read.name} is created.`)
  if (job.spec.runPolicy?.suspend) {
    suspend(plan, job, seen)
    return plan
  }
  resume(plan, job, seen)
  run(plan, read, seen, options)
  return plan
}

function emptyPlan(status: TrainingJobStatus): Plan {
  const nothing = { create: { pods: [], services: [] }, remove: { pods: [], services: [] } }
  return { status, ...nothing, events: [], deleteJob: false, wakeAfterMs: null }
}

type Word = Parameters<typeof withCondition>[2]['type']

/** Adds a condition, and the event that goes with it when it is new. */
function mark(
  plan: Plan,
  job: TrainingJob,
  { now }: Observed,
  type: Word,
  message: string,
  as: { status?: 'True' | 'False'; word?: string } = {},
): void {
  const before = plan.status
  plan.status = withCondition(before, job.kind, { type, message, ...as }, timeOf(now))
  if (plan.status === before || type === 'Created') return
  const warning = type === 'Failed' || type === 'Restarting'
  plan.events.push({ type: warning ? 'Warning' : 'Normal', reason: `${job.kind}${as.word ?? type}`, message })
}

function suspend(plan: Plan, job: TrainingJob, seen: Observed): void {
  const message = `${job.kind} ${job.metadata.name} is suspended.`
  removeAll(plan, seen)
  if (hasCondition(plan.status, 'Running'))
    plan.status = withCondition(
      plan.status,
      job.kind,
      { type: 'Running', status: 'False', word: 'Suspended', message },
      timeOf(seen.now),
    )
  mark(plan, job, seen, 'Suspended', message)
  const counts = Object.entries(plan.status.replicaStatuses ?? {})
  if (counts.length > 0)
    plan.status.replicaStatuses = Object.fromEntries(counts.map(([type, each]) => [type, { ...each, active: 0 }]))
}

function resume(plan: Plan, job: TrainingJob, seen: Observed): void {
  const resumed = hasCondition(plan.status, 'Suspended')
  if (resumed)
    mark(plan, job, seen, 'Suspended', `${job.kind} ${job.metadata.name} is resumed.`, {
      status: 'False',
      word: 'Resumed',
    })
  if (resumed || plan.status.startTime === undefined) plan.status = { ...plan.status, startTime: timeOf(seen.now) }
}

function run(plan: Plan, read: ReadJob, seen: Observed, options: EnvironmentOptions): void {
  const { job } = read
  const again = countRestarts(plan, read, seen)
  countReplicas(plan, read, seen)
  const started = seen.pods.some((pod) => ['Running', 'Succeeded', 'Failed'].includes(pod.status?.phase ?? ''))
  // A run that nobody saw has run all the same.
  if (started && !hasCondition(plan.status, 'Restarting'))
    mark(plan, job, seen, 'Running', `${job.kind} ${read.name} is running.`)
  const over = outcomeOf(read, seen.pods) ?? limitOf(plan, read, seen)
  if (over) {
    end(plan, job, seen, over)
    return
  }
  restart(plan, read, seen, again)
  replicas(plan, read, seen, options)
  explain(plan, read, seen)
}

/** Counts each ended pod that will be made anew once, by its uid. */
function countRestarts(plan: Plan, read: ReadJob, { pods }: Observed): Pod[] {
  const counted = new Set(plan.status.countedPods)
  const again = read.replicas.flatMap((replica) =>
    podsOfType(pods, replica.type).filter(
      (pod) => indexOf(pod) < replica.replicas && startsAgain(read, replica, pod) && !isEnding(pod),
    ),
  )
  const fresh = again.filter((pod) => !counted.has(pod.metadata.uid ?? ''))
  const statuses = { ...plan.status.replicaStatuses }
  for (const replica of read.replicas) {
    const added = podsOfType(fresh, replica.type).reduce((sum, pod) => sum + 1 + restartsInPlace(pod), 0)
    if (added > 0)
      statuses[replica.type] = {
        ...statuses[replica.type],
        restarts: (statuses[replica.type]?.restarts ?? 0) + added,
      }
  }
  const present = pods.flatMap((pod) => pod.metadata.uid ?? [])
  const kept = present.filter((uid) => counted.has(uid) || fresh.some((pod) => pod.metadata.uid === uid))
  const { countedPods: _, ...rest } = plan.status
  plan.status = { ...rest, ...(kept.length > 0 ? { countedPods: kept.sort() } : {}), replicaStatuses: statuses }
  return again
}

function countReplicas(plan: Plan, read: ReadJob, { pods }: Observed): void {
  const entries = read.replicas.map((replica): [string, NonNullable<TrainingJobStatus['replicaStatuses']>[string]] => {
    const own = podsOfType(pods, replica.type).filter((pod) => !isEnding(pod))
    const counts = {
      active: hasPhase(own, 'Running').length,
      succeeded: hasPhase(own, 'Succeeded').length,
      failed: hasPhase(own, 'Failed').length,
    }
    const selector = Object.entries(replicaLabels(read, replica.type))
      .map(([key, value]) => `${key}=${value}`)
      .join(',')
    const restarts = plan.status.replicaStatuses?.[replica.type]?.restarts
    const kept = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
    return [replica.type, { ...kept, selector, ...(restarts === undefined ? {} : { restarts }) }]
  })
  plan.status = { ...plan.status, replicaStatuses: Object.fromEntries(entries) }
}

/** Restarts in place and pods made anew count together, over the whole run. */
function limitOf(plan: Plan, read: ReadJob, { pods, now }: Observed) {
  const { backoffLimit, activeDeadlineSeconds } = read.job.spec.runPolicy ?? {}
  const restarts = read.replicas
    .filter(({ restartPolicy }) => restartPolicy !== 'Never')
    .reduce((sum, { type }) => {
      const counted = new Set(plan.status.countedPods)
      const alive = podsOfType(pods, type).filter((pod) => !counted.has(pod.metadata.uid ?? ''))
      const made = plan.status.replicaStatuses?.[type]?.restarts ?? 0
      return sum + made + alive.reduce((inner, pod) => inner + restartsInPlace(pod), 0)
    }, 0)
  const reached = backoffLimit !== undefined && restarts >= Math.max(backoffLimit, 1)
  const failed = (why: string) => ({ word: 'Failed' as const, message: `${read.framework.kind} ${read.name} ${why}` })
  if (reached) return failed(`has failed because it has reached the specified backoff limit (${restarts} restarts).`)
  if (activeDeadlineSeconds === undefined || plan.status.startTime === undefined) return null
  const leftMs = Date.parse(plan.status.startTime) + activeDeadlineSeconds * 1_000 - now.getTime()
  if (leftMs <= 0) return failed('has failed because it was active longer than specified deadline.')
  plan.wakeAfterMs = leftMs
  return null
}

function restart(plan: Plan, read: ReadJob, seen: Observed, again: readonly Pod[]): void {
  const { job } = read
  for (const pod of again) {
    plan.remove.pods.push(pod)
    const code = exitCodeOf(read, pod)
    const message = `Pod: ${read.namespace}.${pod.metadata.name} exited with code ${code ?? 'unknown'}`
    plan.events.push({ type: 'Normal', reason: 'ExitedWithCode', message })
  }
  const names = again.map((pod) => pod.metadata.name).join(', ')
  if (again.length > 0) {
    mark(plan, job, seen, 'Restarting', `${job.kind} ${read.name} is restarting because ${names} failed.`)
    return
  }
  const complete = read.replicas.every(
    ({ type, replicas: count }) => podsOfType(seen.pods, type).filter((pod) => !isEnding(pod)).length >= count,
  )
  const running = seen.pods.some((pod) => pod.status?.phase === 'Running' && !isEnding(pod))
  if (hasCondition(plan.status, 'Restarting') && complete && running && hasPhase(seen.pods, 'Pending').length === 0)
    mark(plan, job, seen, 'Running', `${job.kind} ${read.name} is running.`)
}

/** Makes what is missing by name, and takes away what a smaller number of replicas leaves over. */
function replicas(plan: Plan, read: ReadJob, seen: Observed, options: EnvironmentOptions): void {
  const pods = new Set(seen.pods.map((pod) => pod.metadata.name))
  const services = new Set(seen.services.map((service) => service.metadata.name))
  const wanted = new Set<string | undefined>()
  const make = (replica: Replica, index: number) => {
    const name = replicaName(read.name, replica.type, index)
    wanted.add(name)
    if (!services.has(name)) plan.create.services.push(desiredService(read, replica, index))
    if (!pods.has(name)) plan.create.pods.push(desiredPod(read, replica, index, options))
  }
  for (const replica of read.replicas) for (let index = 0; index < replica.replicas; index++) make(replica, index)
  const over = (object: KubeObject) => !wanted.has(object.metadata.name)
  plan.remove.pods.push(...seen.pods.filter((pod) => over(pod) && !isEnding(pod)))
  plan.remove.services.push(...seen.services.filter(over))
}

/** While a job waits, its newest condition says for what. */
function explain(plan: Plan, read: ReadJob, seen: Observed): void {
  const state = plan.status.conditions?.at(-1)?.type
  if (state !== 'Created' && state !== 'Restarting') return
  const why = hindranceOf(seen.pods)
  const { kind } = read.framework
  if (why) plan.status = withMessage(plan.status, state, `${kind} ${read.name} waits. ${why}`)
  else if (state === 'Created' && plan.create.pods.length === 0)
    plan.status = withMessage(plan.status, state, `${kind} ${read.name} is created.`)
}

function end(
  plan: Plan,
  job: TrainingJob,
  seen: Observed,
  over: { word: 'Succeeded' | 'Failed'; message: string; reason?: string },
): void {
  mark(plan, job, seen, over.word, over.message, over.reason === undefined ? {} : { word: over.reason })
  plan.status = { ...plan.status, completionTime: plan.status.completionTime ?? timeOf(seen.now) }
  // What is left to do comes with the look that the written status brings.
  plan.wakeAfterMs = 0
}

/** After the end: pods by policy, then the job itself when its time is over. Nothing else of the status changes. */
function planEnd(job: TrainingJob, seen: Observed): Plan {
  const plan = emptyPlan(job.status ?? {})
  const { cleanPodPolicy = 'None', ttlSecondsAfterFinished } = job.spec.runPolicy ?? {}
  const goes = (pod: Pod) =>
    cleanPodPolicy === 'All' ||
    (cleanPodPolicy === 'Running' && ['Running', 'Pending', undefined].includes(pod.status?.phase))
  const going = seen.pods.filter(goes)
  const names = new Set(going.map((pod) => pod.metadata.name))
  plan.remove.pods = going.filter((pod) => !isEnding(pod))
  plan.remove.services = seen.services.filter((service) => cleanPodPolicy === 'All' || names.has(service.metadata.name))
  if (hasCondition(job.status, 'Succeeded')) plan.status = withoutActive(plan.status)
  if (ttlSecondsAfterFinished === undefined) return plan
  const { completionTime } = plan.status
  const endedMs = completionTime === undefined ? seen.now.getTime() : Date.parse(completionTime)
  const leftMs = endedMs + ttlSecondsAfterFinished * 1_000 - seen.now.getTime()
  if (leftMs <= 0) plan.deleteJob = true
  else plan.wakeAfterMs = leftMs
  return plan
}

/** What still runs when a job has succeeded is counted as succeeded. */
function withoutActive(status: TrainingJobStatus): TrainingJobStatus {
  const moved = Object.entries(status.replicaStatuses ?? {}).map(([type, { active = 0, ...rest }]) => [
    type,
    active > 0 ? { ...rest, succeeded: (rest.succeeded ?? 0) + active } : rest,
  ])
  return moved.length === 0 ? status : { ...status, replicaStatuses: Object.fromEntries(moved) }
}

function removeAll(plan: Plan, seen: Observed): void {
  plan.remove.pods = seen.pods.filter((pod) => !isEnding(pod))
  plan.remove.services = [...seen.services]
}

/** Kubernetes' times have no fractions. */
function timeOf(now: Date): string {
  return now.toISOString().replace(/\.\d+Z$/, 'Z')
}
