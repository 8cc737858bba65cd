import { openKube } from '@keelson/kube'
import { silentLogger } from '@keelson/process/logger'
import type { ControllerParts } from '../parts.ts'
import {
  authorizationPolicyReconciler,
  serviceRoleBindingReconciler,
  serviceRoleReconciler,
} from '../reconcilers/istio-policies.ts'

/** The reconcilers of Istio's policies, under the account of the kubeconfig: what it may not do, they cannot promise. */
export async function startIstioPolicies(kubeconfigPath: string): Promise<{ stop(): void }> {
  const stopper = new AbortController()
  const { kube, close } = await openKube({ cluster: { kubeconfigPath }, log: silentLogger })
  const parts = { base: { kube }, log: silentLogger, signal: stopper.signal } as unknown as ControllerParts
  for (const reconciler of [serviceRoleReconciler, serviceRoleBindingReconciler, authorizationPolicyReconciler])
    reconciler(parts)
  return {
    stop: () => {
      stopper.abort()
      close()
    },
  }
}
