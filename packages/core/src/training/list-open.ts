import type { Ctx } from '../context/index.ts'
import { jobs } from './job.store.ts'

/** Jobs that history holds to be in the cluster still: a projector that was away must look at each. */
export function presentJobs(ctx: Ctx): Promise<{ uid: string; workspace: string }[]> {
  return jobs.listPresent(ctx.db)
}

/** Pods whose runs nobody has ended yet. */
export function unendedPods(ctx: Ctx): Promise<string[]> {
  return jobs.podsWithOpenRuns(ctx.db)
}
