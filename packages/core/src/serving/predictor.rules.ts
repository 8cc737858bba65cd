import type { InferenceService } from '@keelson/contracts/kinds'
import { servingAnnotations } from '@keelson/contracts/serving'

/** What an InferenceService asks for, after everything that is not supported has been refused. */
export type Predictor = {
  framework: 'sklearn' | 'mlflow'
  storageUri: string
  replicas: number
  timeoutMs: number
  serviceAccountName: string
  env: { name: string; [field: string]: unknown }[]
  resources: { requests?: Record<string, unknown>; limits?: Record<string, unknown> }
  labels: Record<string, string>
  annotations: Record<string, string>
}

/** Why a spec cannot be served, in words of upstream's `lastFailureInfo.reason`, and the sentence for the person. */
export type SpecFault = {
  reason: 'InvalidPredictorSpec' | 'NoSupportingRuntime' | 'RuntimeNotRecognized'
  message: string
}

export const servedFormats = ['sklearn', 'mlflow'] as const
export const servedSchemes = ['models', 'runs', 'mlflow-artifacts'] as const
const runtimeName = 'keelson-sklearnserver'
const otherFrameworks = [
  'tensorflow', 'triton', 'xgboost', 'lightgbm', 'onnx', 'pytorch', 'pmml', 'paddle', 'huggingface', 'custom',
] // biome-ignore format: one list

const specFields = ['predictor']
const predictorFields = [
  'model',
  'sklearn',
  'minReplicas',
  'maxReplicas',
  'timeout',
  'serviceAccountName',
  'labels',
  'annotations',
]
const modelFields = ['modelFormat', 'runtime', 'storageUri', 'protocolVersion', 'env', 'resources', 'name']
const defaultTimeoutSeconds = 60

type Fields = Record<string, unknown>

/**
 * Reads a spec strictly: a field that has no effect here is refused by name, so that nobody believes in a canary or a
 * transformer that is not there.
 */
export function parsePredictor(service: InferenceService): { predictor: Predictor } | { fault: SpecFault } {
  const spec = asFields(service.spec)
  const predictor = asFields(spec.predictor)
  const unsupported = [
    ...unknownFields(spec, specFields, 'spec'),
    ...frameworkFaults(predictor),
    ...unknownFields(predictor, [...predictorFields, ...otherFrameworks], 'spec.predictor'),
  ]
  if (unsupported[0]) return invalid(unsupported[0])
  const { model, at, framework } = modelOf(predictor)
  if (model === null)
    return invalid('spec.predictor names no model: give it model (with modelFormat sklearn or mlflow) or sklearn.')
  const unknown = unknownFields(model, modelFields, at)
  if (unknown[0]) return invalid(unknown[0])
  if (!isServed(framework))
    return {
      fault: {
        reason: 'NoSupportingRuntime',
        message: `${at}: the framework ${framework || '(none)'} is not supported; ${servedFormats.join(' and ')} are.`,
      },
    }
  if (model.runtime !== undefined && model.runtime !== runtimeName)
    return {
      fault: {
        reason: 'RuntimeNotRecognized',
        message: `${at}.runtime: there is no runtime ${String(model.runtime)}; leave it out or say ${runtimeName}.`,
      },
    }
  const problem =
    storageFault(model.storageUri, at) ?? protocolFault(model.protocolVersion, at) ?? scaleFault(predictor)
  if (problem !== null) return invalid(problem)
  return {
    predictor: {
      framework,
      storageUri: String(model.storageUri),
      replicas: typeof predictor.minReplicas === 'number' ? predictor.minReplicas : 1,
      timeoutMs: (typeof predictor.timeout === 'number' ? predictor.timeout : defaultTimeoutSeconds) * 1000,
      serviceAccountName:
        typeof predictor.serviceAccountName === 'string' ? predictor.serviceAccountName : 'default-editor',
      env: (model.env ?? []) as Predictor['env'],
      resources: asFields(model.resources) as Predictor['resources'],
      labels: asFields(predictor.labels) as Record<string, string>,
      annotations: asFields(predictor.annotations) as Record<string, string>,
    },
  }
}

function modelOf(predictor: Fields): { model: Fields | null; at: string; framework: string } {
  if (predictor.model !== undefined) {
    const model = asFields(predictor.model)
    return { model, at: 'spec.predictor.model', framework: String(asFields(model.modelFormat).name ?? '') }
  }
  if (predictor.sklearn !== undefined)
    return { model: asFields(predictor.sklearn), at: 'spec.predictor.sklearn', framework: 'sklearn' }
  return { model: null, at: 'spec.predictor', framework: '' }
}

function isServed(framework: string): framework is Predictor['framework'] {
  return (servedFormats as readonly string[]).includes(framework)
}

function frameworkFaults(predictor: Fields): string[] {
  const named = ['model', 'sklearn', ...otherFrameworks].filter((key) => predictor[key] !== undefined)
  if (named.length > 1) return [`spec.predictor names ${named.join(' and ')}: exactly one may be given.`]
  const other = otherFrameworks.find((key) => predictor[key] !== undefined)
  return other === undefined ? [] : [`spec.predictor.${other} is not supported yet; sklearn and mlflow models are.`]
}

function storageFault(uri: unknown, at: string): string | null {
  if (typeof uri !== 'string' || uri === '')
    return `${at}.storageUri is missing: say where the model is, for example models:/churn/3.`
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase()
  const known = servedSchemes.map((name) => `${name}:/`).join(', ')
  if (scheme === undefined || !(servedSchemes as readonly string[]).includes(scheme))
    return `${at}.storageUri: ${scheme === undefined ? uri : `${scheme}: addresses`} cannot be fetched yet; ${known} can.`
  return scheme === 'models' && modelOfUri(uri) === null
    ? `${at}.storageUri: ${uri} must be models:/<name>/<version>, models:/<name>/<stage> or models:/<name>@<alias>.`
    : null
}

function protocolFault(protocol: unknown, at: string): string | null {
  if (protocol === undefined || protocol === 'v1' || protocol === 'v2') return null
  return `${at}.protocolVersion: ${String(protocol)} is not supported; v1 and v2 (both over HTTP) are.`
}

function scaleFault(predictor: Fields): string | null {
  const { minReplicas = 1, maxReplicas } = predictor as { minReplicas?: number; maxReplicas?: number }
  if (minReplicas === 0)
    return 'spec.predictor.minReplicas: 0 asks for scale to zero, which is not supported yet; 1 or more is.'
  if (maxReplicas !== undefined && maxReplicas !== 0 && maxReplicas !== minReplicas)
    return `spec.predictor.maxReplicas: ${maxReplicas} asks for autoscaling, which is not supported yet; leave it out or make it ${minReplicas}.`
  return null
}

function unknownFields(fields: Fields, known: readonly string[], at: string): string[] {
  return Object.keys(fields)
    .filter((key) => fields[key] !== undefined && !known.includes(key))
    .map((key) => `${at}.${key} is not supported yet: take it out, for it would have no effect.`)
}

function invalid(message: string): { fault: SpecFault } {
  return { fault: { reason: 'InvalidPredictorSpec', message } }
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** The registered model of a `models:/` address; the version only where the address itself says it. Null for other addresses. */
export function modelOfUri(uri: string): { model: string; version: number | null } | null {
  const named = /^models:\/([^/@]+)(?:\/(\d+|[A-Za-z]+)|@([A-Za-z0-9_.-]+))\/?$/.exec(uri)
  if (!named?.[1]) return null
  const version = named[2] !== undefined && /^\d+$/.test(named[2]) ? Number(named[2]) : null
  return { model: decodeURIComponent(named[1]), version }
}

/** The registered model and version an endpoint says it serves: its annotations, else its address. */
export function servedModel(service: InferenceService): { model: string | null; version: number | null } {
  const annotations = service.metadata.annotations ?? {}
  const named = Number(annotations[servingAnnotations.version])
  const uri = storageUriOf(service)
  const fromUri = uri === null ? null : modelOfUri(uri)
  // The address is what is loaded. The annotation speaks where the address cannot.
  return {
    model: fromUri?.model ?? annotations[servingAnnotations.model] ?? null,
    version: fromUri?.version ?? (Number.isSafeInteger(named) && named > 0 ? named : null),
  }
}

/** The model's address, whichever way the spec says it. */
export function storageUriOf(service: InferenceService): string | null {
  const { model } = modelOf(asFields(asFields(service.spec).predictor))
  return typeof model?.storageUri === 'string' ? model.storageUri : null
}

/** What lists show as the framework, also of a spec that is refused. */
export function frameworkOf(service: InferenceService): string {
  const predictor = asFields(asFields(service.spec).predictor)
  const { framework } = modelOf(predictor)
  return framework || (otherFrameworks.find((key) => predictor[key] !== undefined) ?? 'unknown')
}
