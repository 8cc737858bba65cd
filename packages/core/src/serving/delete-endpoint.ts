import { type InferenceService, inferenceServiceKind } from '@keelson/contracts/kinds'
import type { GetEndpoint } from '@keelson/contracts/serving'
import { resources } from '@keelson/kube'
import type { z } from 'zod'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { requireOwnKind } from '../platform/index.ts'
import { storageUriOf } from './predictor.rules.ts'

/** Deletes an endpoint as the person. What it predicted is kept. Throws `not_found` when it is not there. */
export async function deleteEndpoint(ctx: Ctx, input: z.infer<typeof GetEndpoint>): Promise<void> {
  await allow(ctx, { verb: 'delete', resource: 'endpoints', namespace: input.workspace }, { fresh: true })
  await requireOwnKind(ctx, inferenceServiceKind)
  const kube = asActor(ctx)
  const ref = { namespace: input.workspace, name: input.name }
  await inTransaction(ctx, async (tx) => {
    const present = await kube.get<InferenceService>(resources.inferenceServices, ref)
    await recordAudit(tx, {
      workspace: input.workspace,
      action: 'endpoints.delete',
      subject: `endpoint/${input.name}`,
      before: { storageUri: storageUriOf(present), uid: present.metadata.uid },
    })
    await kube.delete(resources.inferenceServices, ref, { uid: present.metadata.uid ?? '', propagation: 'Background' })
  })
}
