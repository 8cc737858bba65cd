import type { InferenceService } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { endpointOfPredictor } from './desired-predictor.ts'
import { frameworkOf, parsePredictor, servedModel } from './predictor.rules.ts'
import { explainFailure } from './predictor-pods.rules.ts'

/** Where requests of one endpoint go, and what the log of predictions says of them. */
export type InferenceRoute = {
  workspace: string
  name: string
  uid: string
  framework: string
  model: string | null
  modelVersion: number | null
  /** The revision that serves, as status says it; a pod's own word on an answer is more exact while one rolls. */
  revision: string
  timeoutMs: number
  /** `http://<ip>:<port>` of every replica that is ready. */
  targets: readonly string[]
  /** Why there is no target. */
  reason: string
}

type Slice = KubeObject & {
  endpoints?: { addresses?: string[]; conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean } }[]
  ports?: { name?: string; port?: number }[]
}

/** The label by which an EndpointSlice names its Service (discovery.k8s.io/v1). */
export const sliceServiceLabel = 'kubernetes.io/service-name'

/** The endpoint that a slice belongs to, by the name of its Service. */
export function endpointOfSlice(slice: KubeObject): string | null {
  return endpointOfPredictor(slice.metadata.labels?.[sliceServiceLabel] ?? '')
}

/** Addresses that are ready. A missing `ready` counts as ready, as the API says. */
export function targetsOf(slices: readonly KubeObject[]): string[] {
  const targets = slices.flatMap((object) => {
    const slice = object as Slice
    const port = slice.ports?.find((each) => each.name === 'http' || each.name === '')?.port ?? slice.ports?.[0]?.port
    if (port === undefined) return []
    return (slice.endpoints ?? [])
      .filter((endpoint) => endpoint.conditions?.ready !== false)
      .flatMap((endpoint) => endpoint.addresses?.slice(0, 1) ?? [])
      .map((address) => `http://${address.includes(':') ? `[${address}]` : address}:${port}`)
  })
  return [...new Set(targets)].sort()
}

const defaultTimeoutMs = 60_000

export function routeOf(service: InferenceService, slices: readonly KubeObject[]): InferenceRoute {
  const { name = '', namespace = '', uid = '' } = service.metadata
  const { model, version } = servedModel(service)
  const parsed = parsePredictor(service)
  const component = service.status?.components?.predictor
  return {
    workspace: namespace,
    name,
    uid,
    framework: frameworkOf(service),
    model,
    modelVersion: version,
    revision: component?.latestReadyRevision ?? component?.latestCreatedRevision ?? '',
    timeoutMs: 'predictor' in parsed ? parsed.predictor.timeoutMs : defaultTimeoutMs,
    targets: targetsOf(slices),
    reason: whyNotReady(service),
  }
}

function whyNotReady(service: InferenceService): string {
  const failure = service.status?.modelStatus?.lastFailureInfo
  if (failure) return explainFailure(failure).message
  const ready = service.status?.conditions?.find((condition) => condition.type === 'Ready')
  return ready?.message ?? 'The endpoint is being started.'
}
