import type { LabelsAccepted, SubmitLabels } from '@keelson/contracts/monitoring'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow, recordAudit } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import { existingEndpoint } from '../serving/index.ts'
import { matchLabels, upsertLabels } from './label.store.ts'

const auditedChanges = 100

/**
 * Keeps labels that arrive later. A label whose prediction is not written yet is kept too, and joins it when it comes; it is
 * told as unknown all the same, for it may be a mistake. The same again changes nothing; another value replaces the old one.
 */
export async function submitLabels(ctx: Ctx, input: SubmitLabels): Promise<z.infer<typeof LabelsAccepted>> {
  await allow(ctx, { verb: 'create', resource: 'labels', namespace: input.workspace })
  const { endpoint } = await existingEndpoint(ctx, input.workspace, input.endpoint)
  const labels = checked(input.labels)
  return inTransaction(ctx, async (tx) => {
    const matched = await matchLabels(
      tx.db,
      { workspace: input.workspace, endpoint: input.endpoint, uid: endpoint.uid },
      [...labels.values()],
    )
    const changed = matched
      .filter((match) => match.changed)
      .map((match) => ({ ...match, label: labels.get(keyOf(match))?.label ?? null }))
    if (changed.length > 0) {
      await upsertLabels(tx.db, input.workspace, ctx.actor.username, ctx.clock.now(), changed)
      const replaced = changed.filter((match) => !match.isNew).slice(0, auditedChanges)
      await recordAudit(tx, {
        workspace: input.workspace,
        action: 'labels.submit',
        subject: `endpoint/${input.endpoint}/labels`,
        before: replaced.map(({ requestId, rowIndex, before }) => ({ requestId, rowIndex, label: before })),
        after: {
          labels: changed.length,
          replaced: replaced.map(({ requestId, rowIndex, label }) => ({ requestId, rowIndex, label })),
        },
      })
      await tx.db.publish({ workspace: input.workspace, topic: 'predictions', id: input.endpoint })
    }
    const unknown = matched.filter((match) => !match.known).map(({ requestId, rowIndex }) => ({ requestId, rowIndex }))
    return { joined: matched.length - unknown.length, unknown }
  })
}

function keyOf(label: { requestId: string; rowIndex: number }): string {
  return `${label.rowIndex}/${label.requestId}`
}

/** One label per request and row; two that contradict each other are a mistake of the caller's. Postgres keeps no NUL in text. */
function checked(labels: SubmitLabels['labels']): Map<string, SubmitLabels['labels'][number]> {
  const byKey = new Map<string, SubmitLabels['labels'][number]>()
  for (const [place, label] of labels.entries()) {
    const text = `${label.requestId}${typeof label.label === 'string' ? label.label : ''}`
    if (text.includes('\0') || !text.isWellFormed()) throw fault(place, 'has characters that cannot be kept')
    const before = byKey.get(keyOf(label))
    if (before !== undefined && before.label !== label.label)
      throw fault(place, `gives row ${label.rowIndex} of request ${label.requestId} another label than one before`)
    byKey.set(keyOf(label), label)
  }
  return byKey
}

function fault(place: number, message: string): AppError {
  return new AppError('invalid', `labels[${place}] ${message}.`, { faults: [{ field: `labels[${place}]`, message }] })
}
