import { router } from '../trpc.ts'
import { info } from './info.ts'
import { reportSample } from './report-sample.ts'
import { sample } from './sample.ts'

export const platformRouter = router({ info, sample, reportSample })
