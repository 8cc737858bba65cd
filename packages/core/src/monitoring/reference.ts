import { AppError } from '@keelson/process/app-error'
import type { Ctx } from '../context/index.ts'
import { getRun } from '../experiments/index.ts'
import { getModelVersion } from '../registry/index.ts'
import { parseCsv, type Table } from './csv.rules.ts'

/** Where a training run leaves the rows that it learned from. */
export const referencePath = 'keelson/reference.csv'

export type Reference = { table: Table; runId: string }

const mostBytes = 64 * 1024 * 1024
const mostKept = 16
const kept = new Map<string, { sizeBytes: number; table: Table }>()

/**
 * The training rows of a registered version: an artifact of its run. Throws `precondition` with the reason when there are
 * none (a version without a run, a run that logged no reference, a file that is no table).
 */
export async function readReference(
  ctx: Ctx,
  at: { workspace: string; model: string; version: number },
): Promise<Reference> {
  const { workspace, model, version } = at
  const found = await getModelVersion(ctx, { workspace, name: model, version: String(version) })
  if (found.runId === null || found.runId === '') throw none(`version ${version} of ${model} was not made by a run`)
  const run = await getRun(ctx, { workspace, runId: found.runId })
  const folder = /^mlflow-artifacts:\/*(.+?)\/*$/.exec(run.artifactUri)?.[1]
  if (folder === undefined) throw none(`the artifacts of run ${found.runId} are elsewhere`)
  const key = `${workspace}/${folder}/${referencePath}`
  const file = await ctx.artifacts.read(key).catch((error) => {
    if (error instanceof AppError && error.code === 'not_found')
      throw none(`run ${found.runId} logged no artifact ${referencePath}`)
    throw error
  })
  if (file.sizeBytes > mostBytes) {
    file.body.destroy()
    throw none(`${referencePath} of run ${found.runId} is larger than ${mostBytes} bytes`)
  }
  const known = kept.get(key)
  if (known?.sizeBytes === file.sizeBytes) {
    file.body.destroy()
    return { table: known.table, runId: found.runId }
  }
  const chunks: Buffer[] = []
  for await (const chunk of file.body) chunks.push(Buffer.from(chunk))
  const table = parseCsv(Buffer.concat(chunks).toString('utf8'))
  if (kept.size >= mostKept) kept.clear()
  kept.set(key, { sizeBytes: file.sizeBytes, table })
  return { table, runId: found.runId }
}

function none(why: string): AppError {
  return new AppError('precondition', `There is no training data to compare with: ${why}.`, { retry: 'never' })
}
