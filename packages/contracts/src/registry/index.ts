import { z } from 'zod'
import { KeyValue } from '../experiments/index.ts'
import { Instant, pageOf, WorkspaceName } from '../ids/index.ts'

/** MLflow's four stages. Any letter case comes in; this spelling goes out. */
export const Stage = z.enum(['None', 'Staging', 'Production', 'Archived'])
export type Stage = z.infer<typeof Stage>

export const ModelVersion = z.object({
  model: z.string(),
  version: z.number().int(),
  stage: Stage,
  status: z.enum(['PENDING_REGISTRATION', 'FAILED_REGISTRATION', 'READY']),
  description: z.string(),
  source: z.string(),
  runId: z.string().nullable(),
  modelId: z.string().nullable(),
  createdBy: z.string(),
  createdAt: Instant,
  updatedAt: Instant,
  tags: z.array(KeyValue),
  aliases: z.array(z.string()),
})
export type ModelVersion = z.infer<typeof ModelVersion>

export const RegisteredModel = z.object({
  name: z.string(),
  workspace: WorkspaceName,
  description: z.string(),
  createdAt: Instant,
  updatedAt: Instant,
  tags: z.array(KeyValue),
  aliases: z.array(z.object({ alias: z.string(), version: z.number().int() })),
  latestVersions: z.array(ModelVersion),
})
export type RegisteredModel = z.infer<typeof RegisteredModel>

/** One column of a model signature, in MLflow's words (`string`, `long`, `double`, `boolean`, `datetime` …). */
export const SignatureColumn = z.object({ name: z.string(), type: z.string(), required: z.boolean() })
export const ModelSignature = z.object({ inputs: z.array(SignatureColumn), outputs: z.array(SignatureColumn) })
export type ModelSignature = z.infer<typeof ModelSignature>

/**
 * A gate of a stage: the version's metric must reach `minimum` and beat the baseline by `minimumImprovement`.
 * The baseline is the version that now holds the stage above (Production) when there is one, else the named run.
 */
export const Gate = z.object({
  model: z.string(),
  stage: Stage,
  metric: z.string(),
  higherIsBetter: z.boolean(),
  minimum: z.number().nullable(),
  minimumImprovement: z.number(),
  baselineRunId: z.string().nullable(),
})
export type Gate = z.infer<typeof Gate>

export const GateResult = z.object({
  passed: z.boolean(),
  metric: z.string(),
  candidate: z.number().nullable(),
  baseline: z.number().nullable(),
  baselineSource: z.string().nullable(),
  reason: z.string(),
})
export type GateResult = z.infer<typeof GateResult>

/** A recorded move between stages. A refused one is kept too: `state` says how it ended. */
export const StageTransition = z.object({
  id: z.string(),
  model: z.string(),
  version: z.number().int(),
  from: Stage,
  to: Stage,
  state: z.enum(['requested', 'approved', 'applied', 'refused']),
  requestedBy: z.string(),
  requestedAt: Instant,
  decidedBy: z.string().nullable(),
  decidedAt: Instant.nullable(),
  reason: z.string(),
  gate: GateResult.nullable(),
})
export type StageTransition = z.infer<typeof StageTransition>

export const ListModels = z.object({
  workspace: WorkspaceName,
  filter: z.string().max(1000).default(''),
  cursor: z.string().optional(),
  limit: z.number().int().min(1).max(200).default(50),
})
export const ModelPage = pageOf(RegisteredModel)
export const GetModel = z.object({ workspace: WorkspaceName, name: z.string() })
export const ModelDetail = z.object({
  model: RegisteredModel,
  versions: z.array(ModelVersion),
  transitions: z.array(StageTransition),
  gates: z.array(Gate),
})
export const GetModelVersion = z.object({
  workspace: WorkspaceName,
  name: z.string(),
  version: z.number().int().positive(),
})
export const ModelVersionDetail = z.object({
  version: ModelVersion,
  signature: ModelSignature.nullable(),
  /** First rows of the logged input example, for the test panel; null where none was logged. */
  inputExample: z.unknown().nullable(),
  transitions: z.array(StageTransition),
  runName: z.string().nullable(),
  experimentId: z.string().nullable(),
  metrics: z.array(z.object({ key: z.string(), value: z.number() })),
  endpoints: z.array(z.object({ name: z.string(), status: z.string() })),
})
export type ModelVersionDetail = z.infer<typeof ModelVersionDetail>

/** Sets (replaces) the gate of a stage. */
export const SetGate = Gate.extend({ workspace: WorkspaceName })
export type SetGate = z.infer<typeof SetGate>

/**
 * Asks to move a version to a stage. A stage with a gate is decided by the gate at once; `Production` waits for
 * {@link DecideTransition}; anything else is applied at once.
 */
export const RequestTransition = z.object({
  workspace: WorkspaceName,
  name: z.string(),
  version: z.number().int().positive(),
  to: Stage,
  reason: z.string().max(2000).default(''),
})
export type RequestTransition = z.infer<typeof RequestTransition>

export const DecideTransition = z.object({
  workspace: WorkspaceName,
  id: z.string(),
  approve: z.boolean(),
  reason: z.string().trim().min(1).max(2000),
})
export type DecideTransition = z.infer<typeof DecideTransition>
