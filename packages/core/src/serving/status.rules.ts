import type { Condition, InferenceService, InferenceServiceStatus, ModelFailure } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { StatusDetail } from '@keelson/contracts/status'
import type { SpecFault } from './predictor.rules.ts'
import { explainFailure, type PredictorPod, readPod } from './predictor-pods.rules.ts'

/** What the reconciler sees of the cluster when it writes a status. */
export type ObservedPredictor = {
  revision: string
  deployment: KubeObject | null
  pods: readonly KubeObject[]
  /** Addresses that the endpoint slices call ready: what the gateway can reach. */
  readyAddresses: number
}

type DeploymentStatus = {
  observedGeneration?: number
  replicas?: number
  updatedReplicas?: number
  readyReplicas?: number
  conditions?: { type: string; status: string; reason?: string; message?: string }[]
}

type Verdict = { status: 'True' | 'False' | 'Unknown'; reason?: string; message?: string }
const yes: Verdict = { status: 'True' }

/** The status of a service whose spec is served. Ready only when a pod's readiness probe was answered and the gateway has its address. */
export function desiredStatus(
  service: InferenceService,
  observed: ObservedPredictor,
  url: string,
  now: Date,
): InferenceServiceStatus {
  const pods = observed.pods.map(readPod)
  const latest = pods.filter((pod) => pod.revision === observed.revision)
  const latestReady = latest.some((pod) => pod.ready) && isRolledOut(observed.deployment)
  const anyReady = pods.some((pod) => pod.ready)
  const failed = latest.find((pod) => pod.failure !== null)?.failure ?? null
  const refused = refusalOf(observed.deployment)
  const why = reasonNotReady(failed, refused, latest)
  const predictorReady = anyReady ? yes : why
  const ingressReady: Verdict =
    observed.readyAddresses > 0
      ? yes
      : { status: 'False', reason: 'NoReadyAddress', message: 'No replica answers yet.' }
  const ready = anyReady && observed.readyAddresses > 0 ? yes : anyReady ? ingressReady : why
  const previous = service.status?.components?.predictor
  const readyRevision = latestReady ? observed.revision : anyReady ? pods.find((pod) => pod.ready)?.revision : undefined
  return {
    observedGeneration: service.metadata.generation ?? 0,
    url,
    address: { url },
    deploymentMode: 'Standard',
    conditions: conditions(
      service,
      {
        IngressReady: ingressReady,
        LatestDeploymentReady: latestReady ? yes : why,
        PredictorReady: predictorReady,
        Ready: ready,
      },
      now,
    ),
    components: {
      predictor: {
        url,
        latestCreatedRevision: observed.revision,
        ...(readyRevision === undefined || readyRevision === '' ? {} : { latestReadyRevision: readyRevision }),
        ...(latestReady
          ? { latestRolledoutRevision: observed.revision }
          : rolledOut(previous?.latestRolledoutRevision)),
      },
    },
    modelStatus: modelStatus({ latestReady, anyReady, failed, pods: latest }),
  }
}

function rolledOut(revision: string | undefined): { latestRolledoutRevision?: string } {
  return revision === undefined ? {} : { latestRolledoutRevision: revision }
}

/** The status of a service whose spec is refused. What an earlier spec made goes on serving, and its state is kept. */
export function invalidStatus(service: InferenceService, fault: SpecFault, now: Date): InferenceServiceStatus {
  const no: Verdict = { status: 'False', reason: 'InvalidSpec', message: fault.message }
  const failure: ModelFailure = { reason: fault.reason, message: fault.message }
  const { conditions: _old, modelStatus: _model, ...kept } = service.status ?? {}
  return {
    ...kept,
    observedGeneration: service.metadata.generation ?? 0,
    conditions: conditions(service, { PredictorReady: no, Ready: no }, now),
    modelStatus: {
      transitionStatus: 'InvalidSpec',
      states: { activeModelState: '', targetModelState: 'FailedToLoad' },
      lastFailureInfo: failure,
    },
  }
}

function modelStatus(seen: {
  latestReady: boolean
  anyReady: boolean
  failed: ModelFailure | null
  pods: readonly PredictorPod[]
}): NonNullable<InferenceServiceStatus['modelStatus']> {
  const { latestReady, anyReady, failed, pods } = seen
  const copies = { failedCopies: pods.filter((pod) => pod.failure !== null).length, totalCopies: pods.length }
  const active = anyReady ? 'Loaded' : failed ? 'FailedToLoad' : pods.length === 0 ? 'Pending' : 'Loading'
  if (latestReady)
    return { transitionStatus: 'UpToDate', states: { activeModelState: 'Loaded', targetModelState: 'Loaded' }, copies }
  if (failed)
    return {
      transitionStatus: 'BlockedByFailedLoad',
      states: { activeModelState: active, targetModelState: 'FailedToLoad' },
      copies,
      lastFailureInfo: failed,
    }
  const target = pods.length === 0 ? 'Pending' : 'Loading'
  return { transitionStatus: 'InProgress', states: { activeModelState: active, targetModelState: target }, copies }
}

function reasonNotReady(failed: ModelFailure | null, refused: string | null, pods: readonly PredictorPod[]): Verdict {
  if (failed) {
    const explained = explainFailure(failed)
    return { status: 'False', reason: explained.reason, message: explained.message }
  }
  if (refused !== null) return { status: 'False', reason: 'PodsRefused', message: refused }
  const waiting = pods.find((pod) => pod.waiting !== null)?.waiting ?? null
  return {
    status: 'False',
    reason: pods.length === 0 ? 'Deploying' : 'Loading',
    message: waiting ?? 'The predictor is being started.',
  }
}

/** Why the cluster makes no pods (a quota, a missing ServiceAccount), as the Deployment's controller says it. */
function refusalOf(deployment: KubeObject | null): string | null {
  const failure = statusOf(deployment).conditions?.find(
    (condition) => condition.type === 'ReplicaFailure' && condition.status === 'True',
  )
  return failure === undefined ? null : (failure.message ?? failure.reason ?? 'The pods were refused.')
}

function isRolledOut(deployment: KubeObject | null): boolean {
  const status = statusOf(deployment)
  const { replicas = 1 } = (deployment?.spec ?? {}) as { replicas?: number }
  const seen = (status.observedGeneration ?? 0) >= (deployment?.metadata.generation ?? 1)
  return (
    deployment !== null && seen && (status.updatedReplicas ?? 0) >= replicas && (status.readyReplicas ?? 0) >= replicas
  )
}

function statusOf(deployment: KubeObject | null): DeploymentStatus {
  return (deployment?.status ?? {}) as DeploymentStatus
}

/** Conditions in alphabetical order; a time is kept for as long as its status does not change. */
function conditions(service: InferenceService, verdicts: Record<string, Verdict>, now: Date): Condition[] {
  const before = new Map((service.status?.conditions ?? []).map((condition) => [condition.type, condition]))
  return Object.entries(verdicts)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([type, verdict]) => {
      const old = before.get(type)
      const lastTransitionTime =
        old?.status === verdict.status && old.lastTransitionTime ? old.lastTransitionTime : now.toISOString()
      return { type, ...verdict, lastTransitionTime }
    })
}

/** Folds the conditions into the one status of lists. A new revision that failed behind a serving one is `degraded`. */
export function foldStatus(service: InferenceService): StatusDetail {
  const { status } = service
  const conditionOf = (type: string) => status?.conditions?.find((condition) => condition.type === type)
  const ready = conditionOf('Ready')
  const failure = status?.modelStatus?.lastFailureInfo
  const explained = failure === undefined ? null : explainFailure(failure)
  const since = asInstant(ready?.lastTransitionTime)
  if (service.metadata.deletionTimestamp !== undefined)
    return {
      status: 'stopped',
      reason: 'Deleting',
      message: null,
      since: asInstant(service.metadata.deletionTimestamp),
    }
  if (ready === undefined) return { status: 'pending', reason: null, message: null, since: null }
  const words = {
    reason: explained?.reason ?? ready.reason ?? null,
    message: explained?.message ?? ready.message ?? null,
    since,
  }
  if (ready.status === 'True')
    return explained === null
      ? { status: 'ready', reason: null, message: null, since }
      : { status: 'degraded', ...words }
  return { status: explained === null ? 'pending' : 'failed', ...words }
}

function asInstant(time: string | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString()
}

/** True when the two say the same (times apart): then nothing is written. */
export function sameStatus(one: InferenceServiceStatus | undefined, other: InferenceServiceStatus): boolean {
  return one !== undefined && canonical(one) === canonical(other)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
}
