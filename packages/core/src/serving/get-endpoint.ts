import { type InferenceService, InferenceServiceStatus } from '@keelson/contracts/kinds'
import type { EndpointDetail, GetEndpoint } from '@keelson/contracts/serving'
import { AppError } from '@keelson/process/app-error'
import { stringify } from 'yaml'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { getVersionDetail } from '../registry/index.ts'
import { findEndpointRow } from './endpoint.store.ts'
import { exampleBodies, tensorsOfSignature } from './examples.rules.ts'
import type { LiveMetadata } from './inference-gate.ts'
import { storageUriOf } from './predictor.rules.ts'
import { explainFailure } from './predictor-pods.rules.ts'

/** Throws `not_found` for an endpoint that never was. */
export async function existingEndpoint(ctx: Ctx, workspace: string, name: string) {
  const found = await findEndpointRow(ctx.db, workspace, name)
  if (found === null) throw new AppError('not_found', `There is no endpoint ${name} in workspace ${workspace}.`)
  return found
}

/** An endpoint with what it takes and gives, its conditions, the true reason of a failure, and bodies to try it with. */
export async function getEndpoint(ctx: Ctx, input: z.infer<typeof GetEndpoint>): Promise<EndpointDetail> {
  await allow(ctx, { verb: 'get', resource: 'endpoints', namespace: input.workspace })
  const { endpoint, manifest } = await existingEndpoint(ctx, input.workspace, input.name)
  const service = manifest as InferenceService
  const parsed = InferenceServiceStatus.safeParse(service.status ?? {})
  const status = parsed.success ? parsed.data : {}
  const [live, registered] = await Promise.all([
    endpoint.exists ? (ctx.inference?.metadata(input.workspace, input.name) ?? null) : null,
    registeredVersion(ctx, endpoint),
  ])
  const shape: LiveMetadata =
    live ?? (registered?.signature ? tensorsOfSignature(registered.signature) : { inputs: [], outputs: [] })
  const failure = status.modelStatus?.lastFailureInfo
  return {
    endpoint,
    storageUri: storageUriOf(service),
    inputs: shape.inputs,
    outputs: shape.outputs,
    conditions: (status.conditions ?? []).map((condition) => ({
      type: condition.type,
      status: condition.status,
      reason: condition.reason ?? null,
      message: condition.message ?? null,
      since: condition.lastTransitionTime ?? null,
    })),
    failure: failure === undefined ? null : explainFailure(failure),
    examples: exampleBodies(shape.inputs, registered?.inputExample ?? null),
    yaml: stringify(manifest, { lineWidth: 0 }),
  }
}

/** The registered version that is served, where the actor may read it. Its absence takes only comfort away. */
async function registeredVersion(ctx: Ctx, endpoint: EndpointDetail['endpoint']) {
  const { workspace, model, modelVersion } = endpoint
  if (model === null || modelVersion === null) return null
  try {
    return await getVersionDetail(ctx, { workspace, name: model, version: modelVersion })
  } catch (error) {
    if (error instanceof AppError && ['not_found', 'forbidden'].includes(error.code)) return null
    throw error
  }
}
