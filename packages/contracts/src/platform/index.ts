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

/**
 * Who makes a custom resource's objects true in this cluster. Where another operator does, Keelson only shows them;
 * `evidence` says in a sentence why.
 */
export const KindOwner = z.object({
  /** The name of its definition: `inferenceservices.serving.kserve.io`. */
  name: z.string(),
  kind: z.string(),
  owner: z.enum(['keelson', 'other']),
  evidence: z.string(),
})
export type KindOwner = z.infer<typeof KindOwner>

/** What a signed-in person may know of the installation. */
export const PlatformInfo = z.object({
  version: z.string(),
  url: z.url(),
  contentUrl: z.url(),
  clusterName: z.string(),
  embeddedIdentity: z.boolean(),
  /** Empty until a controller has looked. */
  kinds: z.array(KindOwner),
  /** Why the work of different owners is not kept apart here; null where it is (or only one owns anything). */
  notIsolated: z.string().nullable(),
})
export type PlatformInfo = z.infer<typeof PlatformInfo>
