/**
 * The admission plugins that a real API server has on by default, in its order (pkg/kubeapiserver/options/plugins.go), run once
 * for each write. What a plugin needs of the cluster it reads from the newest state.
 */
import { claimResize } from './claim-resize.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { defaultTolerationSeconds } from './default-tolerations.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts'
import { podSecurity } from './pod-security/pod-security.ts'
import { priority } from './priority.ts'
import { resourceQuota } from './quota/resource-quota.ts'
import { serviceAccount } from './service-account.ts'
import type { Steps } from './steps.ts'
import { mutatingWebhooks } from './webhooks/mutating.ts'
import { validatingWebhooks } from './webhooks/validating.ts'

const plugins: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  claimResize,
  validatingWebhooks,
  resourceQuota,
]

/**
 * Lets every plugin change the object. When a webhook changed it, all run once more, the webhooks only those that ask for it
 * (`reinvocationPolicy: IfNeeded`).
 */
export function* admitMutating(request: AdmissionRequest): Steps<void> {
  yield* runPlugins(request, 'mutate')
  const round = mutatingWebhooks(request)
  yield* round.first()
  if (!round.changed()) return
  yield* runPlugins(request, 'mutate')
  yield* round.again()
}

/** Asks every plugin whether the object may be as it is. Changes nothing. */
export function admitValidating(request: AdmissionRequest): Steps<void> {
  return runPlugins(request, 'validate')
}

/** The last word, in the turn of the write: what is counted is counted here. */
export function charge(request: AdmissionRequest): void {
  for (const plugin of plugins) plugin.charge?.(request)
}

function* runPlugins(request: AdmissionRequest, phase: 'mutate' | 'validate'): Steps<void> {
  for (const plugin of plugins) {
    const steps = plugin[phase]?.(request)
    if (steps !== undefined) yield* steps
  }
}
