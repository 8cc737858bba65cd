import { z } from 'zod'
import { Instant, pageOf, WorkspaceName } from '../ids/index.ts'
import { StatusDetail } from '../status/index.ts'

/** Annotations by which an InferenceService says what it serves; set by `serving.deploy`, read by lineage and the request log. */
export const servingAnnotations = {
  model: 'keelson.dev/registered-model',
  version: 'keelson.dev/model-version',
} as const

/** An endpoint: an InferenceService as lists show it. */
export const Endpoint = z.object({
  uid: z.string(),
  workspace: WorkspaceName,
  name: z.string(),
  status: StatusDetail,
  url: z.url().nullable(),
  model: z.string().nullable(),
  modelVersion: z.number().int().nullable(),
  revision: z.string().nullable(),
  framework: z.string(),
  createdAt: Instant,
  exists: z.boolean(),
})
export type Endpoint = z.infer<typeof Endpoint>

export const TensorMetadata = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) })

export const EndpointDetail = z.object({
  endpoint: Endpoint,
  storageUri: z.string().nullable(),
  inputs: z.array(TensorMetadata),
  outputs: z.array(TensorMetadata),
  conditions: z.array(
    z.object({
      type: z.string(),
      status: z.string(),
      reason: z.string().nullable(),
      message: z.string().nullable(),
      since: Instant.nullable(),
    }),
  ),
  /** The true reason of a failed load, with the last lines of the server's log. */
  failure: z.object({ reason: z.string(), message: z.string(), logTail: z.string().nullable() }).nullable(),
  /** Ready-made bodies for the test panel. */
  examples: z.object({ v1: z.string(), v2: z.string() }),
  yaml: z.string(),
})
export type EndpointDetail = z.infer<typeof EndpointDetail>

export const ListEndpoints = z.object({
  workspace: WorkspaceName,
  cursor: z.string().optional(),
  limit: z.number().int().min(1).max(200).default(50),
})
export const EndpointPage = pageOf(Endpoint)
export const GetEndpoint = z.object({ workspace: WorkspaceName, name: z.string() })

/** Writes the InferenceService of a registered version (server-side apply, as the person). Applying the same again changes nothing. */
export const DeployVersion = z.object({
  workspace: WorkspaceName,
  endpoint: z
    .string()
    .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/)
    .max(52),
  model: z.string(),
  version: z.number().int().positive(),
})
export type DeployVersion = z.infer<typeof DeployVersion>

/** A request of the test panel, sent to the endpoint as the person; the answer is the endpoint's own. */
export const TestEndpoint = z.object({
  workspace: WorkspaceName,
  name: z.string(),
  protocol: z.enum(['v1', 'v2']),
  body: z.string().max(1_000_000),
})
export const TestAnswer = z.object({
  status: z.number().int(),
  durationMs: z.number(),
  body: z.string(),
  requestId: z.string().nullable(),
})
