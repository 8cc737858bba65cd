/** InferenceService → Deployment, headless Service, status, and the row that lists show. */
import type { InferenceService, InferenceServiceStatus } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { BaseCtx } from '@keelson/core/context'
import {
  type DesiredPredictor,
  desiredPredictor,
  desiredStatus,
  endpointOfSlice,
  invalidStatus,
  listPresentEndpointKeys,
  parsePredictor,
  predictorName,
  projectEndpoint,
  projectEndpointGone,
  sameStatus,
  servingLabels,
  sliceServiceLabel,
  targetsOf,
} from '@keelson/core/serving'
import {
  after,
  done,
  type Informer,
  ownersOfKind,
  type ReconcileResult,
  refOfKey,
  resources,
  runReconciler,
  type Source,
  source,
} from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import type { Logger } from '@keelson/process/logger'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'

const fieldManager = 'keelson-inferenceservice'
/** A probe that is answered comes as a change of the pod; this is for what no watch tells. */
const unreadyLookMs = 15_000

export type ServingInformers = {
  services: Informer<InferenceService>
  deployments: Informer<KubeObject>
  pods: Informer<KubeObject>
  slices: Informer<KubeObject>
}

export function inferenceServiceReconciler({ base, log, signal }: ControllerParts): RunningService {
  const marked = { labelSelector: servingLabels.service }
  const informers: ServingInformers = {
    services: base.kube.inform<InferenceService>(resources.inferenceServices, {}, signal),
    deployments: base.kube.inform(resources.deployments, marked, signal),
    pods: base.kube.inform(resources.pods, marked, signal),
    slices: base.kube.inform(resources.endpointSlices, { labelSelector: sliceServiceLabel }, signal),
  }
  return runReconciler({
    name: 'inference-service',
    sources: [
      source(informers.services),
      source(informers.deployments, (object) => ownersOfKind('InferenceService', object)),
      source(informers.pods, (pod) => keyIn(pod, pod.metadata.labels?.[servingLabels.service] ?? null)),
      source(informers.slices, (slice) => keyIn(slice, endpointOfSlice(slice))),
      goneWhileAway(base, log),
    ],
    reconcile: (key) => reconcileInferenceService(base, informers, key),
    log,
    signal,
  })
}

/** Where another operator serves: only the lists are kept, with the status that it writes. */
export function inferenceServiceProjector({ base, log, signal }: ControllerParts): RunningService {
  const services = base.kube.inform<InferenceService>(resources.inferenceServices, {}, signal)
  return runReconciler({
    name: 'inference-service-projector',
    sources: [source(services), goneWhileAway(base, log)],
    reconcile: async (key) => {
      const { namespace = '', name } = refOfKey(key)
      const service = services.get({ namespace, name })
      if (service) await projectEndpoint(base, service)
      else await projectEndpointGone(base, namespace, name)
      return done
    },
    log,
    signal,
  })
}

function keyIn(object: KubeObject, name: string | null): string[] {
  return name === null ? [] : [`${object.metadata.namespace ?? ''}/${name}`]
}

/** Endpoints that were deleted while no controller ran: the list has them, the cluster has not. */
function goneWhileAway(base: Pick<BaseCtx, 'db'>, log: Logger): Source {
  return {
    synced: Promise.resolve(),
    keys: () => [],
    subscribe: (onKey) => {
      listPresentEndpointKeys(base.db).then(
        (keys) => keys.forEach(onKey),
        (error) => log.warn('the kept endpoints could not be read', { error }),
      )
      return () => {}
    },
  }
}

export async function reconcileInferenceService(
  base: Pick<BaseCtx, 'kube' | 'db' | 'clock' | 'addresses'>,
  informers: ServingInformers,
  key: string,
): Promise<ReconcileResult> {
  const { namespace = '', name } = refOfKey(key)
  const service = informers.services.get({ namespace, name })
  if (!service) {
    await projectEndpointGone(base, namespace, name)
    return done
  }
  if (service.metadata.deletionTimestamp !== undefined) {
    await projectEndpoint(base, service)
    return done
  }
  const parsed = parsePredictor(service)
  if ('fault' in parsed) return publish(base, service, invalidStatus(service, parsed.fault, base.clock.now()), done)
  const desired = desiredPredictor(service, parsed.predictor, base.addresses)
  const deployment = await makeTrue(base, service, desired)
  const status = observe(base, service, informers, { desired, deployment })
  const ready = status.conditions?.every((condition) => condition.status === 'True') ?? false
  return publish(base, service, status, ready ? done : after(unreadyLookMs))
}

/** Applies both children. What the cluster refuses for good (a name, a quota, a right) becomes the status, in its own words. */
async function makeTrue(
  base: Pick<BaseCtx, 'kube' | 'db' | 'clock'>,
  service: InferenceService,
  desired: DesiredPredictor,
): Promise<KubeObject> {
  try {
    await base.kube.apply(resources.services, desired.service, { fieldManager })
    return await base.kube.apply(resources.deployments, desired.deployment, { fieldManager })
  } catch (error) {
    if (error instanceof AppError && (error.code === 'invalid' || error.code === 'forbidden')) {
      const fault = { reason: 'InvalidPredictorSpec' as const, message: error.message }
      await publish(base, service, invalidStatus(service, fault, base.clock.now()), done)
    }
    throw error
  }
}

function observe(
  base: Pick<BaseCtx, 'clock' | 'addresses'>,
  service: InferenceService,
  informers: ServingInformers,
  made: { desired: DesiredPredictor; deployment: KubeObject },
): InferenceServiceStatus {
  const { name = '', namespace = '' } = service.metadata
  const observed = {
    revision: made.desired.revision,
    deployment: made.deployment,
    pods: informers.pods.list(namespace).filter((pod) => pod.metadata.labels?.[servingLabels.service] === name),
    readyAddresses: targetsOf(
      informers.slices
        .list(namespace)
        .filter((slice) => slice.metadata.labels?.[sliceServiceLabel] === predictorName(name)),
    ).length,
  }
  const url = `${base.addresses.url}/workspaces/${namespace}/serving/${name}`
  return desiredStatus(service, observed, url, base.clock.now())
}

/** Writes the status when it says something new, and copies the service into the lists either way. */
async function publish(
  base: Pick<BaseCtx, 'kube' | 'db' | 'clock'>,
  service: InferenceService,
  status: InferenceServiceStatus,
  result: ReconcileResult,
): Promise<ReconcileResult> {
  const written = sameStatus(service.status, status)
    ? service
    : await base.kube.applyStatus<InferenceService>(
        resources.inferenceServices,
        { ...service, status },
        { fieldManager },
      )
  await projectEndpoint(base, written)
  return result
}
