import { z } from 'zod'
import { Instant, pageOf, WorkspaceName } from '../ids/index.ts'

/** A feature value as it is logged: JSON scalars only. */
export const FeatureValue = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** One prediction of one row. A request with several rows makes several, told apart by `rowIndex`. */
export const Prediction = z.object({
  requestId: z.string(),
  rowIndex: z.number().int(),
  endpoint: z.string(),
  model: z.string().nullable(),
  modelVersion: z.number().int().nullable(),
  revision: z.string(),
  features: z.record(z.string(), FeatureValue),
  prediction: z.unknown(),
  /** Probability by class, where the model gave them. */
  scores: z.record(z.string(), z.number()).nullable(),
  at: Instant,
  latencyMs: z.number(),
  label: z.unknown().nullable(),
  labelledAt: Instant.nullable(),
})
export type Prediction = z.infer<typeof Prediction>

export const ListPredictions = z.object({
  workspace: WorkspaceName,
  endpoint: z.string(),
  cursor: z.string().optional(),
  limit: z.number().int().min(1).max(500).default(50),
})
export const PredictionPage = pageOf(Prediction)

/** Labels that arrive later, joined by request id and row. The same label again is fine; another value replaces it, with an audit row. */
export const SubmitLabels = z.object({
  workspace: WorkspaceName,
  endpoint: z.string(),
  labels: z
    .array(
      z.object({
        requestId: z.string().min(1).max(200),
        rowIndex: z.number().int().min(0).default(0),
        label: FeatureValue,
      }),
    )
    .min(1)
    .max(10_000),
})
export type SubmitLabels = z.infer<typeof SubmitLabels>
export const LabelsAccepted = z.object({
  joined: z.number().int(),
  unknown: z.array(z.object({ requestId: z.string(), rowIndex: z.number().int() })),
})

/** Accuracy and its kin over the labelled predictions of a window; null where there is nothing to measure. */
export const QualityPoint = z.object({
  at: Instant,
  labelled: z.number().int(),
  accuracy: z.number().nullable(),
  rocAuc: z.number().nullable(),
})

export const TrafficPoint = z.object({
  at: Instant,
  requests: z.number().int(),
  errors: z.number().int(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
})

/** Drift of one feature: which distance was used, its value, its threshold, and the two histograms it was read from. */
export const FeatureDrift = z.object({
  feature: z.string(),
  kind: z.enum(['number', 'category']),
  method: z.string(),
  score: z.number().nullable(),
  threshold: z.number(),
  drifted: z.boolean(),
  referenceCount: z.number().int(),
  currentCount: z.number().int(),
  bins: z.array(z.object({ label: z.string(), reference: z.number(), current: z.number() })),
})
export type FeatureDrift = z.infer<typeof FeatureDrift>

export const EndpointMonitoring = z.object({
  endpoint: z.string(),
  predictions: z.number().int(),
  labelled: z.number().int(),
  accuracy: z.number().nullable(),
  rocAuc: z.number().nullable(),
  latency: z.object({ p50Ms: z.number().nullable(), p95Ms: z.number().nullable(), p99Ms: z.number().nullable() }),
  traffic: z.array(TrafficPoint),
  quality: z.array(QualityPoint),
  drift: z
    .object({
      computedAt: Instant,
      share: z.number(),
      drifted: z.boolean(),
      reference: z.string(),
      features: z.array(FeatureDrift),
    })
    .nullable(),
})
export type EndpointMonitoring = z.infer<typeof EndpointMonitoring>

export const GetMonitoring = z.object({
  workspace: WorkspaceName,
  endpoint: z.string(),
  sinceMs: z.number().int().positive().default(86_400_000),
})

/** Computes the drift of an endpoint's newest predictions now, instead of waiting for the monitor. */
export const ComputeDrift = z.object({ workspace: WorkspaceName, endpoint: z.string() })
/** `computed` is false, with the reason, where there is nothing to compare yet. */
export const DriftResult = z.object({
  computed: z.boolean(),
  reason: z.string().nullable(),
  share: z.number().nullable(),
  drifted: z.boolean().nullable(),
})
