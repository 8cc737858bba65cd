import { SearchEverything, SearchResult } from '@keelson/contracts/search'
import * as search from '@keelson/core/search'
import { procedure } from '../trpc.ts'

export const searchEverything = procedure
  .input(SearchEverything)
  .output(SearchResult)
  .query(({ ctx, input }) => search.searchEverything(ctx.core, input))
