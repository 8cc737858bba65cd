import { router } from '../trpc.ts'
import { searchEverything } from './search-everything.ts'

export const searchRouter = router({ everything: searchEverything })
