import { router } from '../trpc.ts'
import { deleteJob } from './delete-job.ts'
import { getJob } from './get-job.ts'
import { getOffer } from './get-offer.ts'
import { listCurves } from './list-curves.ts'
import { listJobs } from './list-jobs.ts'
import { readLogs } from './read-logs.ts'
import { retryJob } from './retry-job.ts'
import { stopJob } from './stop-job.ts'
import { submitJob } from './submit-job.ts'
import { suspendJob } from './suspend-job.ts'

export const jobsRouter = router({
  list: listJobs,
  get: getJob,
  logs: readLogs,
  curves: listCurves,
  offer: getOffer,
  submit: submitJob,
  delete: deleteJob,
  suspend: suspendJob,
  retry: retryJob,
  stop: stopJob,
})
