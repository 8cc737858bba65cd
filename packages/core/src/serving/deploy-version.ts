import { type InferenceService, inferenceServiceKind } from '@keelson/contracts/kinds'
import { type DeployVersion, servingAnnotations } from '@keelson/contracts/serving'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { requireOwnKind } from '../platform/index.ts'
import { getVersionDetail } from '../registry/index.ts'
import { storageUriOf } from './predictor.rules.ts'

export const servingFieldManager = 'keelson-serving'

/** The InferenceService that serves a registered version. */
export function inferenceServiceOf(input: DeployVersion): InferenceService {
  const { model, version } = input
  return {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: {
      name: input.endpoint,
      namespace: input.workspace,
      annotations: { [servingAnnotations.model]: model, [servingAnnotations.version]: String(version) },
    },
    spec: {
      predictor: {
        model: { modelFormat: { name: 'sklearn' }, storageUri: `models:/${encodeURIComponent(model)}/${version}` },
      },
    },
  }
}

/**
 * Serves a registered version under an endpoint's name, as the person: the cluster's own rules decide. An endpoint that is
 * there is moved to the version; the same again changes nothing.
 */
export async function deployVersion(ctx: Ctx, input: DeployVersion): Promise<{ name: string; uid: string }> {
  await allow(ctx, { verb: 'update', resource: 'endpoints', namespace: input.workspace })
  await requireOwnKind(ctx, inferenceServiceKind)
  const { version } = await getVersionDetail(ctx, {
    workspace: input.workspace,
    name: input.model,
    version: input.version,
  })
  if (version.status !== 'READY')
    throw new AppError('precondition', `Version ${input.version} of ${input.model} is ${version.status}, not READY.`)
  const kube = asActor(ctx)
  const ref = { namespace: input.workspace, name: input.endpoint }
  const desired = inferenceServiceOf(input)
  return inTransaction(ctx, async (tx) => {
    const present = await kube.find<InferenceService>(resources.inferenceServices, ref)
    const before = present === null ? null : { storageUri: storageUriOf(present) }
    // The cluster's word is the last one: when it refuses, the transaction takes the audit row back.
    const applied = await kube.apply(resources.inferenceServices, desired, { fieldManager: servingFieldManager })
    if (present?.metadata.resourceVersion !== applied.metadata.resourceVersion) {
      const after = { storageUri: storageUriOf(desired), model: input.model, version: input.version }
      await recordAudit(tx, {
        workspace: input.workspace,
        action: 'endpoints.deploy',
        subject: `endpoint/${input.endpoint}`,
        before,
        after,
      })
    }
    return { name: input.endpoint, uid: applied.metadata.uid ?? '' }
  })
}
