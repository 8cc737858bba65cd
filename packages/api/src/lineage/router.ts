import { router } from '../trpc.ts'
import { getLineage } from './get-lineage.ts'

export const lineageRouter = router({ get: getLineage })
