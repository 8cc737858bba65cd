import type { InferenceService } from '@keelson/contracts/kinds'
import type { BaseCtx } from '../context/index.ts'
import { markEndpointsGone, upsertEndpointRow } from './endpoint.store.ts'
import { frameworkOf, servedModel } from './predictor.rules.ts'
import { foldStatus } from './status.rules.ts'

/** Copies an InferenceService into the lists, and tells open browsers when that changed anything. */
export async function projectEndpoint(base: Pick<BaseCtx, 'db' | 'clock'>, service: InferenceService): Promise<void> {
  const { uid = '', name = '', namespace = '', creationTimestamp } = service.metadata
  const { model, version } = servedModel(service)
  const component = service.status?.components?.predictor
  const { managedFields: _fields, ...metadata } = service.metadata
  await base.db.transaction(async (tx) => {
    const gone = await markEndpointsGone(tx, namespace, name, uid, base.clock.now())
    const changed = await upsertEndpointRow(tx, {
      uid,
      workspace: namespace,
      name,
      status: foldStatus(service),
      url: service.status?.url ?? null,
      model,
      modelVersion: version,
      revision: component?.latestReadyRevision ?? component?.latestCreatedRevision ?? null,
      framework: frameworkOf(service),
      manifest: { ...service, metadata },
      createdAt: new Date(creationTimestamp ?? base.clock.now()).toISOString(),
    })
    if (changed || gone > 0) await tx.publish({ workspace: namespace, topic: 'endpoints', id: name })
  })
}

/** Keeps the endpoint as one that was there and is gone. */
export async function projectEndpointGone(
  base: Pick<BaseCtx, 'db' | 'clock'>,
  workspace: string,
  name: string,
): Promise<void> {
  await base.db.transaction(async (tx) => {
    const gone = await markEndpointsGone(tx, workspace, name, null, base.clock.now())
    if (gone > 0) await tx.publish({ workspace, topic: 'endpoints', id: name })
  })
}
