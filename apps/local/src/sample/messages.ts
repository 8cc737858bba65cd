import type { SampleStep } from '@keelson/contracts/platform'

/** What the runner is given, and what it sends back over its channel. */
export type SampleOrder = {
  url: string
  tokens: { owner: string; approver: string }
  viewer: string | null
}
export type SampleReport = { step: SampleStep } | { result: { ok: boolean; steps: SampleStep[] } }

/** Exit codes of the runner; anything else means that it was cut off and is to be run again. */
export const sampleSucceeded = 0
export const sampleFailed = 3
