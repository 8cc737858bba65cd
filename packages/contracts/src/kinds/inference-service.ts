import { z } from 'zod'
import type { KubeObject } from '../kubernetes/index.ts'
import { Condition, type CustomKind, openObject, Quantity } from './custom-kind.ts'

const EnvVar = openObject({ name: z.string(), value: z.string().optional() })

const Resources = openObject({
  requests: z.record(z.string(), Quantity).optional(),
  limits: z.record(z.string(), Quantity).optional(),
})

const containerFields = {
  storageUri: z
    .string()
    .optional()
    .describe(
      'Where the model is: models:/<name>/<version or @alias>, runs:/<run id>/<path>, mlflow-artifacts:/<path>.',
    ),
  protocolVersion: z.string().optional().describe('v1 or v2; both are served whichever is named.'),
  env: z.array(EnvVar).optional(),
  resources: Resources.optional(),
}

/** `spec.predictor.model`: the framework by name. */
export const PredictorModel = openObject({
  modelFormat: openObject({ name: z.string(), version: z.string().optional() }).describe('sklearn or mlflow.'),
  runtime: z.string().optional(),
  ...containerFields,
})

/** `spec.predictor.sklearn`: the older way to say the same. */
export const PredictorFramework = openObject(containerFields)

/**
 * serving.kserve.io/v1beta1 InferenceServiceSpec as far as it is understood. Everything is open on purpose: what is not supported
 * yet must reach the reconciler, which refuses it by name; a pruned field would be ignored in silence.
 */
export const InferenceServiceSpec = openObject({
  predictor: openObject({
    model: PredictorModel.optional(),
    sklearn: PredictorFramework.optional(),
    minReplicas: z.int().min(0).optional().describe('How many replicas run. Default 1.'),
    maxReplicas: z.int().min(0).optional().describe('No autoscaling yet: must equal minReplicas where it is given.'),
    timeout: z.int().min(1).optional().describe('Seconds until a request is given up. Default 60.'),
    serviceAccountName: z.string().optional().describe('Default: default-editor.'),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
})
export type InferenceServiceSpec = z.infer<typeof InferenceServiceSpec>

const ModelState = z.enum(['', 'Pending', 'Standby', 'Loading', 'Loaded', 'FailedToLoad'])

export const ModelFailure = z.object({
  reason: z
    .enum([
      'ModelLoadFailed',
      'RuntimeUnhealthy',
      'RuntimeDisabled',
      'NoSupportingRuntime',
      'RuntimeNotRecognized',
      'InvalidPredictorSpec',
    ])
    .optional(),
  location: z.string().optional(),
  message: z.string().optional(),
  time: z.iso.datetime({ offset: true }).optional(),
  exitCode: z.int().optional(),
  modelRevisionName: z.string().optional(),
})
export type ModelFailure = z.infer<typeof ModelFailure>

const ModelStatus = z.object({
  transitionStatus: z.enum(['UpToDate', 'InProgress', 'BlockedByFailedLoad', 'InvalidSpec']),
  states: z.object({ activeModelState: ModelState, targetModelState: ModelState.optional() }).optional(),
  copies: z.object({ failedCopies: z.int(), totalCopies: z.int().optional() }).optional(),
  lastFailureInfo: ModelFailure.optional(),
})

const ComponentStatus = z.object({
  url: z.string().optional(),
  restUrl: z.string().optional(),
  latestCreatedRevision: z.string().optional(),
  latestReadyRevision: z.string().optional(),
  latestRolledoutRevision: z.string().optional(),
})

export const InferenceServiceStatus = z.object({
  observedGeneration: z.int().optional(),
  url: z.string().optional(),
  address: z.object({ url: z.string().optional() }).optional(),
  deploymentMode: z.string().optional(),
  conditions: z.array(Condition).optional(),
  components: z.record(z.string(), ComponentStatus).optional(),
  modelStatus: ModelStatus.optional(),
})
export type InferenceServiceStatus = z.infer<typeof InferenceServiceStatus>

export type InferenceService = KubeObject & { spec: InferenceServiceSpec; status?: InferenceServiceStatus }

/** serving.kserve.io/v1beta1 InferenceService, with upstream's short name and columns. */
export const inferenceServiceKind: CustomKind = {
  group: 'serving.kserve.io',
  kind: 'InferenceService',
  plural: 'inferenceservices',
  singular: 'inferenceservice',
  shortNames: ['isvc'],
  scope: 'Namespaced',
  description: 'A model behind an address.',
  upstream: { operator: 'KServe', selector: 'control-plane=kserve-controller-manager' },
  versions: [
    {
      name: 'v1beta1',
      storage: true,
      spec: InferenceServiceSpec,
      status: InferenceServiceStatus,
      columns: [
        { name: 'URL', type: 'string', jsonPath: '.status.url' },
        { name: 'Ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
        { name: 'LatestReadyRevision', type: 'string', jsonPath: '.status.components.predictor.latestReadyRevision' },
        { name: 'Reason', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].reason" },
        { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      ],
    },
  ],
}
