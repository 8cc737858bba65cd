import type { KubeObject } from '@keelson/contracts/kubernetes'
import { AppError } from '@keelson/process/app-error'
import { systemClock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { KubeApi } from './api.ts'
import { resources } from './resources.ts'

type LeaseSpec = {
  holderIdentity?: string | null
  leaseDurationSeconds?: number
  acquireTime?: string
  renewTime?: string
  leaseTransitions?: number
}
type Lease = KubeObject & { spec?: LeaseSpec }

export type LeadershipOptions = {
  kube: KubeApi
  namespace: string
  name: string
  /** Unique per process; a process that comes back under the same identity takes its own lease over at once. */
  identity: string
  log: Logger
  signal: AbortSignal
  leaseMs?: number
  renewEveryMs?: number
}

/**
 * Waits until this process leads, then runs `work` with a signal that aborts when leadership is lost or the process ends.
 * The rules are client-go's (tools/leaderelection): a lease is free when its holder let go, or when *this* process has seen
 * it unchanged for the lease's duration (clocks of two machines are never compared); a leader that could not renew for two
 * thirds of the duration stops by itself, before another one may start. Resolves when `work` has ended.
 */
export async function leadWith(
  options: LeadershipOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, log, leaseMs = 15_000, renewEveryMs = 2_000 } = options
  const seen = { version: '', at: 0 }
  const acquired = () =>
    tryAcquire(options, seen, leaseMs).catch((error) => {
      log.warn('lease cannot be taken now', { error })
      return false
    })
  while (!signal.aborted && !(await acquired())) {
    await systemClock.sleep(renewEveryMs * (0.75 + Math.random() / 2), signal)
  }
  if (signal.aborted) return
  log.info('leading', { identity: options.identity })
  const lost = new AbortController()
  const leading = AbortSignal.any([signal, lost.signal])
  const renewing = renew(options, seen, leaseMs, renewEveryMs, leading).then((reason) => {
    if (reason === null) return
    log.error('leadership lost', { reason })
    lost.abort()
  })
  try {
    await work(leading)
  } finally {
    lost.abort()
    await renewing
    await release(options).catch((error) => log.warn('lease was not released', { error }))
  }
}

/** Renews until the signal aborts (null) or the lease is lost (why). */
async function renew(
  options: LeadershipOptions,
  seen: Seen,
  leaseMs: number,
  everyMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  let renewedAt = performance.now()
  while (!signal.aborted) {
    await systemClock.sleep(everyMs, signal)
    if (signal.aborted) return null
    try {
      if (!(await tryAcquire(options, seen, leaseMs))) return 'another holder'
      renewedAt = performance.now()
    } catch {
      // Not reachable just now: the deadline below decides.
    }
    if (performance.now() - renewedAt > (leaseMs * 2) / 3) return 'not renewed in time'
  }
  return null
}

type Seen = { version: string; at: number }

/** True when the lease is ours after this call. */
async function tryAcquire(options: LeadershipOptions, seen: Seen, leaseMs: number): Promise<boolean> {
  const { kube, namespace, name, identity } = options
  const present = await kube.find<Lease>(resources.leases, { namespace, name })
  const now = new Date().toISOString().replace('Z', '000Z')
  const wish: LeaseSpec = { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1_000), renewTime: now }
  try {
    if (present === null) {
      const metadata = { name, namespace }
      await kube.create<Lease>(resources.leases, {
        apiVersion: '',
        kind: '',
        metadata,
        spec: { ...wish, acquireTime: now, leaseTransitions: 0 },
      })
      return true
    }
    const { spec = {}, metadata } = present
    const ours = spec.holderIdentity === identity
    if (!ours && !isFree(spec, metadata.resourceVersion ?? '', seen)) return false
    // The resourceVersion makes the merge patch fail with Conflict when somebody was faster.
    await kube.patch(
      resources.leases,
      { namespace, name },
      {
        metadata: { resourceVersion: metadata.resourceVersion },
        spec: ours ? wish : { ...wish, acquireTime: now, leaseTransitions: (spec.leaseTransitions ?? 0) + 1 },
      },
    )
    return true
  } catch (error) {
    if (error instanceof AppError && (error.code === 'conflict' || error.code === 'already_exists')) return false
    throw error
  }
}

function isFree(spec: LeaseSpec, version: string, seen: Seen): boolean {
  if (!spec.holderIdentity) return true
  if (seen.version !== version) {
    seen.version = version
    seen.at = performance.now()
    return false
  }
  return performance.now() - seen.at > (spec.leaseDurationSeconds ?? 15) * 1_000
}

async function release({ kube, namespace, name, identity }: LeadershipOptions): Promise<void> {
  const lease = await kube.find<Lease>(resources.leases, { namespace, name })
  if (lease?.spec?.holderIdentity !== identity) return
  await kube.patch(
    resources.leases,
    { namespace, name },
    {
      metadata: { resourceVersion: lease.metadata.resourceVersion },
      spec: { holderIdentity: '', leaseDurationSeconds: 1 },
    },
  )
}
