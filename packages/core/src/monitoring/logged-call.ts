import type { FeatureValue } from '@keelson/contracts/monitoring'
import type { z } from 'zod'

/** One answered (or failed) inference request, as the gateway saw it. */
export type LoggedCall = {
  workspace: string
  endpoint: string
  endpointUid: string
  requestId: string
  revision: string
  model: string | null
  modelVersion: number | null
  protocol: 'v1' | 'v2'
  caller: string
  status: number
  latencyMs: number
  at: Date
}

/** One row of it. */
export type LoggedPrediction = {
  features: Record<string, z.infer<typeof FeatureValue>>
  prediction: unknown
  scores: Record<string, number> | null
}
