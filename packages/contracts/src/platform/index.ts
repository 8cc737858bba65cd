import { z } from 'zod'
import { Instant } from '../ids/index.ts'
import { Status } from '../status/index.ts'

/** One step of the sample project as the home page shows it. `href` leads to the thing the step made. */
export const SampleStep = z.object({
  id: z.string(),
  title: z.string(),
  status: Status,
  detail: z.string().nullable(),
  href: z.string().nullable(),
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
})
export type SampleStep = z.infer<typeof SampleStep>

/** The sample project's progress, reported by its runner through `platform.reportSample`. */
export const SampleProgress = z.object({
  workspace: z.string(),
  startedAt: Instant,
  finishedAt: Instant.nullable(),
  steps: z.array(SampleStep),
})
export type SampleProgress = z.infer<typeof SampleProgress>

/** What a signed-in person may know of the installation. */
export const PlatformInfo = z.object({
  version: z.string(),
  url: z.url(),
  contentUrl: z.url(),
  clusterName: z.string(),
  embeddedIdentity: z.boolean(),
})
export type PlatformInfo = z.infer<typeof PlatformInfo>
