import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import {
  invalid,
  modelVersionSurface,
  offsetOf,
  pageOfRows,
  parseFilter,
  parseOrder,
  registeredModelSurface,
  type SearchSurface,
  type TrackedPage,
} from '../experiments/index.ts'
import { type RegistrySearch, searchModelRows, searchVersionRows } from './model.store.ts'
import type { RegistryModel, RegistryVersion } from './registry-entity.ts'

/** `filter` and `orderBy` in MLflow's grammar; `maxResults` at least 1. */
type Search = {
  workspace: string
  filter?: string
  orderBy?: readonly string[]
  maxResults: number
  pageToken?: string | undefined
}

export function searchRegisteredModels(ctx: Ctx, input: Search): Promise<TrackedPage<RegistryModel>> {
  return search(ctx, input, registeredModelSurface, (query) => searchModelRows(ctx.db, query))
}

export function searchModelVersions(ctx: Ctx, input: Search): Promise<TrackedPage<RegistryVersion>> {
  return search(ctx, input, modelVersionSurface, (query) => searchVersionRows(ctx.db, query))
}

async function search<Row>(
  ctx: Ctx,
  input: Search,
  surface: SearchSurface,
  find: (query: RegistrySearch) => Promise<Row[]>,
): Promise<TrackedPage<Row>> {
  await allow(ctx, { verb: 'list', resource: 'registeredmodels', namespace: input.workspace })
  if (input.maxResults < 1)
    throw invalid(`Invalid value for max_results. It must be a positive integer, but got ${input.maxResults}`)
  const clauses = parseFilter(input.filter ?? '', surface)
  const order = parseOrder(input.orderBy ?? [], surface)
  const offset = offsetOf(input.pageToken)
  const rows = await find({ workspace: input.workspace, clauses, order, offset, limit: input.maxResults + 1 })
  return pageOfRows(rows, input.maxResults, offset)
}
