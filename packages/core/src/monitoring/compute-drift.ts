import type { ComputeDrift, DriftResult } from '@keelson/contracts/monitoring'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { existingEndpoint } from '../serving/index.ts'
import { compareWithReference } from './drift-report.rules.ts'
import { type DriftCandidate, insertDriftReport, listDriftCandidates, readDriftWindow } from './monitoring.store.ts'
import { readReference, referencePath } from './reference.ts'

/** The newest rows that a report reads. */
const windowRows = 5_000
/** Below this a figure says nothing. */
const fewestRows = 100
/** As many new rows make a report at once; fewer wait for `slowMs`. */
const enoughNewRows = 200
const slowMs = 15_000

/** Compares the newest predictions of the version that serves with its training rows, and keeps the report. */
export async function computeDrift(
  ctx: Ctx,
  input: z.infer<typeof ComputeDrift>,
): Promise<z.infer<typeof DriftResult>> {
  await allow(ctx, { verb: 'create', resource: 'predictions', namespace: input.workspace })
  const { endpoint } = await existingEndpoint(ctx, input.workspace, input.endpoint)
  const nothing = (reason: string) => ({ computed: false, reason, share: null, drifted: null })
  const window = await readDriftWindow(ctx.db, endpoint.uid, windowRows)
  if (window === null || window.features.length < fewestRows)
    return nothing(`There are ${window?.features.length ?? 0} predictions; ${fewestRows} are needed for a figure.`)
  const { workspace, model } = endpoint
  const version = window.modelVersion ?? endpoint.modelVersion
  if (model === null || version === null)
    return nothing('The endpoint serves no registered version, so its training data is not known.')
  try {
    const reference = await readReference(ctx, { workspace, model, version })
    const figures = compareWithReference(reference.table, window.features)
    if (figures.features.length === 0)
      return nothing('The predictions and the training data have no feature in common.')
    await ctx.db.transaction(async (tx) => {
      await insertDriftReport(tx, {
        workspace,
        endpoint: endpoint.name,
        endpointUid: endpoint.uid,
        modelVersion: version,
        rows: window.features.length,
        lastPredictionId: window.lastPredictionId,
        computedAt: ctx.clock.now(),
        reference: `runs:/${reference.runId}/${referencePath}`,
        ...figures,
      })
      await tx.publish({ workspace, topic: 'predictions', id: endpoint.name })
    })
    return { computed: true, reason: null, share: figures.share, drifted: figures.drifted }
  } catch (error) {
    if (error instanceof AppError && ['precondition', 'not_found', 'invalid'].includes(error.code))
      return nothing(error.message)
    throw error
  }
}

/** Endpoints whose drift should be looked at now. */
export async function driftDue(ctx: Pick<Ctx, 'db' | 'clock'>): Promise<DriftCandidate[]> {
  const now = ctx.clock.now().getTime()
  const candidates = await listDriftCandidates(ctx.db, enoughNewRows)
  return candidates.filter(({ fresh, lastComputedAt }) => {
    if (lastComputedAt === null) return fresh >= fewestRows
    return fresh >= enoughNewRows || now - lastComputedAt.getTime() >= slowMs
  })
}
