import { createHash } from 'node:crypto'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { parseFilter } from './filter.rules.ts'
import { experimentNumbers } from './get-run.ts'
import { type DatasetFilter, type ModelOrdering, searchLoggedModelRows } from './logged-model.store.ts'
import { loggedModelSurface } from './surfaces.rules.ts'
import type { TrackedModel, TrackedPage } from './tracked.ts'
import { checkMaxResults, invalid } from './tracking.rules.ts'

export type SearchLoggedModels = {
  workspace: string
  experimentIds: readonly string[]
  filter?: string
  datasets?: readonly DatasetFilter[]
  /** `fieldName` is an attribute or `metrics.<key>`. */
  orderBy?: readonly {
    fieldName: string
    ascending: boolean
    datasetName?: string | undefined
    datasetDigest?: string | undefined
  }[]
  maxResults: number
  pageToken?: string | undefined
}

/** Logged models, newest first by default. A page token is good only for the search that gave it. */
export async function searchLoggedModels(ctx: Ctx, input: SearchLoggedModels): Promise<TrackedPage<TrackedModel>> {
  await allow(ctx, { verb: 'list', resource: 'experiments', namespace: input.workspace })
  checkMaxResults(input.maxResults)
  const clauses = parseFilter(input.filter ?? '', loggedModelSurface)
  const order = (input.orderBy ?? []).map(toOrdering)
  const mark = createHash('sha256')
    .update(JSON.stringify([input.experimentIds, input.filter ?? '', input.orderBy ?? [], input.datasets ?? []]))
    .digest('base64url')
    .slice(0, 16)
  const offset = offsetIn(input.pageToken, mark)
  const rows = await searchLoggedModelRows(ctx.db, {
    workspace: input.workspace,
    experimentIds: await experimentNumbers(ctx, input.workspace, input.experimentIds),
    clauses,
    datasets: input.datasets ?? [],
    order,
    offset,
    limit: input.maxResults + 1,
  })
  const more = rows.length > input.maxResults
  const token = JSON.stringify({ offset: offset + input.maxResults, search: mark })
  return { items: rows.slice(0, input.maxResults), nextToken: more ? Buffer.from(token).toString('base64') : null }
}

function toOrdering(entry: NonNullable<SearchLoggedModels['orderBy']>[number]): ModelOrdering {
  const { ascending, datasetName, datasetDigest } = entry
  const [entity = '', ...rest] = entry.fieldName.split('.')
  if (rest.length > 0) {
    if (entity !== 'metrics')
      throw invalid(`Invalid order by field name: ${entry.fieldName}. Only metrics are supported.`, 'order_by')
    return { field: rest.join('.'), metric: true, ascending, datasetName, datasetDigest }
  }
  const field = loggedModelSurface.aliases?.[entity] ?? entity
  if (!loggedModelSurface.orderable.includes(field))
    throw invalid(`Invalid order by field name: ${entry.fieldName}`, 'order_by')
  return { field, metric: false, ascending }
}

function offsetIn(token: string | undefined, mark: string): number {
  if (token === undefined || token === '') return 0
  const decoded = parse(token)
  if (typeof decoded !== 'object' || decoded === null || !('offset' in decoded) || !('search' in decoded))
    throw invalid('Invalid page token', 'page_token')
  if (decoded.search !== mark)
    throw invalid('The page token belongs to another search: its experiments, filter or order differ.', 'page_token')
  const offset = decoded.offset
  if (typeof offset !== 'number' || !Number.isInteger(offset) || offset < 1 || offset > 2_147_483_647)
    throw invalid('Invalid page token', 'page_token')
  return offset
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64').toString('utf8'))
  } catch {
    throw invalid('Invalid page token', 'page_token')
  }
}
