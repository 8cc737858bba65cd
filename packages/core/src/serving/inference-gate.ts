import type { TensorMetadata } from '@keelson/contracts/serving'
import type { z } from 'zod'
import type { Ctx } from '../context/ctx.ts'

/** What a running model says of itself (`GET /v2/models/<name>`). */
export type LiveMetadata = { inputs: z.infer<typeof TensorMetadata>[]; outputs: z.infer<typeof TensorMetadata>[] }

/**
 * The way of a use case to a running endpoint, through the same routes, decisions and prediction log as a request from
 * outside. Only the process that holds the routes has one.
 */
export type InferenceGate = {
  /** Sends a body to an endpoint as the actor. What the endpoint answers, also an error, is the result. */
  send(
    ctx: Ctx,
    request: { workspace: string; name: string; protocol: 'v1' | 'v2'; body: string },
  ): Promise<{ status: number; body: string; requestId: string; durationMs: number }>
  /** Null while the endpoint is not ready or does not answer in time. */
  metadata(workspace: string, name: string): Promise<LiveMetadata | null>
}
