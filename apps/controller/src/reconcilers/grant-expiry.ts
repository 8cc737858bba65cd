/** Roles that were given until a time end at that time, whoever sleeps. */
import { expireGrant, type RoleBinding } from '@keelson/core/workspaces'
import { after, done, refOfKey, resources, runReconciler, source } from '@keelson/kube'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts } from '../parts.ts'
import { asPlatform } from '../platform-actor.ts'

/** A timer takes no longer ones, and a clock that jumps is noticed within this time. */
const longestWaitMs = 3_600_000

export function grantExpiry({ base, informers, log, signal }: ControllerParts): RunningService {
  const ctx = asPlatform(base)
  const bindings = base.kube.inform<RoleBinding>(resources.roleBindings, {}, signal)
  return runReconciler({
    name: 'grant-expiry',
    sources: [source(bindings), source(informers.profiles, () => [])],
    reconcile: async (key) => {
      const ref = refOfKey(key)
      const binding = bindings.get(ref)
      if (!binding || !informers.profiles.get({ name: ref.namespace ?? '' })) return done
      const leftMs = await expireGrant(ctx, binding)
      return leftMs === null ? done : after(Math.min(leftMs, longestWaitMs))
    },
    log,
    signal,
  })
}
