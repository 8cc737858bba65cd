/** Training jobs: what was asked, what happened, what the pods said. History outlives the objects it was read from. */
export { type AnyJob, jobResourceOf, jobResources } from './any-job.rules.ts'
export { deleteJob } from './delete-job.ts'
export { type Observed, type Plan, type PlannedEvent, planTrainingJob } from './engine/plan.rules.ts'
export { withMessage } from './engine/status.rules.ts'
export { getJob } from './get-job.ts'
export { getJobOffer } from './get-job-offer.ts'
export { type Job, type JobFacts, jobFacts } from './job.rules.ts'
export { keepCreator } from './keep-creator.ts'
export {
  type ContainerRun,
  closeLog,
  closeLogsOfPod,
  containerRuns,
  giveUpLog,
  keepLog,
  podsOfOpenLogs,
} from './keep-log.ts'
export { keepUsage, type PodMetrics, podMetrics, usageOf } from './keep-usage.ts'
export { listCurves } from './list-curves.ts'
export { listJobs } from './list-jobs.ts'
export { presentJobs, unendedPods } from './list-open.ts'
export { listWorkloads } from './list-workloads.ts'
export { isOver, type Pod, type PodFacts, podFacts } from './pod.rules.ts'
export { projectJob, projectPod, type SeenJob } from './project-job.ts'
export { readJobLogs } from './read-job-logs.ts'
export { retryJob } from './retry-job.ts'
export { stopJob } from './stop-job.ts'
export { submitJob } from './submit-job.ts'
export { suspendJob } from './suspend-job.ts'
export { writeJobLog } from './write-job-log.ts'
