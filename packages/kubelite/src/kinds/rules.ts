/** The rules of the built-in kinds that have some, by kind. */
import { autoscalingRules } from './autoscaling.ts'
import { crdRules } from './crd.ts'
import { cronJobRules } from './cron-job.ts'
import { jobRules } from './job.ts'
import type { KindRules } from './kind-rules.ts'
import { networkingRules } from './networking.ts'
import { policyRules } from './policy.ts'
import { storageRules } from './storage.ts'
import { workloadRules } from './workloads.ts'

export const kindRules: Readonly<Record<string, KindRules>> = {
  ...workloadRules,
  ...jobRules,
  ...cronJobRules,
  ...storageRules,
  ...policyRules,
  ...autoscalingRules,
  ...networkingRules,
  ...crdRules,
}
