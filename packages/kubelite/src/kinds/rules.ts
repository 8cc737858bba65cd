/** The rules of the built-in kinds that have some, by kind. */
import { autoscalingRules } from './autoscaling.ts'
import { crdRules } from './crd.ts'
import { cronJobRules } from './cron-job.ts'
import { jobRules } from './job.ts'
import type { KindRules } from './kind-rules.ts'
import { limitRules } from './limits.ts'
import { networkingRules } from './networking.ts'
import { policyRules } from './policy.ts'
import { serviceRules } from './service.ts'
import { storageRules } from './storage.ts'
import { webhookRules } from './webhook-configuration.ts'
import { workloadRules } from './workloads.ts'

export const kindRules: Readonly<Record<string, KindRules>> = {
  ...workloadRules,
  ...jobRules,
  ...cronJobRules,
  ...storageRules,
  ...policyRules,
  ...autoscalingRules,
  ...networkingRules,
  ...serviceRules,
  ...crdRules,
  ...limitRules,
  ...webhookRules,
}
