/** Every reconciler of the controller, in the order in which they start. A new one is a line here. */
import type { Reconciler } from './parts.ts'
import { profileReconciler } from './reconcilers/profile.ts'

export const reconcilers: Readonly<Record<string, Reconciler>> = {
  profile: profileReconciler,
}
