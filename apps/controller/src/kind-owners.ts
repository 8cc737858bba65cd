/** Reconcilers of kinds that another operator may own in this cluster: they stand back while it does. */
import { type CustomKind, definitionName } from '@keelson/contracts/kinds'
import type { KindOwner } from '@keelson/contracts/platform'
import type { BaseCtx } from '@keelson/core/context'
import { type KindSetting, lookAtKinds } from '@keelson/core/platform'
import { systemClock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { RunningService } from '@keelson/process/service'
import type { ControllerParts, Reconciler } from './parts.ts'

export type KindOwners = {
  isOurs(kind: CustomKind): boolean
  onChange(handler: () => void): () => void
}

export type FollowOptions = {
  base: Pick<BaseCtx, 'kube' | 'db' | 'clock'>
  setting: KindSetting
  log: Logger
  signal: AbortSignal
  /** How often it is looked again whether an operator came or went. Default: half a minute. */
  everyMs?: number
}

/** Resolves after the first look, so that nothing is touched before it is known whose it is; then looks again and again. */
export async function followKindOwners({
  base,
  setting,
  log,
  signal,
  everyMs = 30_000,
}: FollowOptions): Promise<KindOwners> {
  const handlers = new Set<() => void>()
  let kinds: KindOwner[] | null = null
  const look = async () => {
    const seen = await lookAtKinds(base, setting)
    const changed = seen.filter(({ name, owner }) => kinds?.find((each) => each.name === name)?.owner !== owner)
    for (const { name, owner, evidence } of changed)
      if (kinds !== null || owner === 'other') log.info('kind owner', { kind: name, owner, evidence })
    const first = kinds === null
    kinds = seen
    if (!first && changed.length > 0) for (const handler of handlers) handler()
  }
  const tryLook = () => look().catch((error) => log.warn('kind owners cannot be seen', { error }))
  const untilSeen = async () => {
    for (;;) {
      await tryLook()
      if (kinds !== null || signal.aborted) return
      await systemClock.sleep(1_000, signal)
    }
  }
  const follow = async () => {
    while (!signal.aborted) {
      await systemClock.sleep(everyMs, signal)
      if (!signal.aborted) await tryLook()
    }
  }
  await untilSeen()
  void follow()
  return {
    isOurs: (kind) => kinds?.find(({ name }) => name === definitionName(kind))?.owner !== 'other',
    onChange: (handler) => {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
  }
}

/** Runs `ours` while the kind is Keelson's and `others` (nothing by default) while it is not, and changes over between them. */
export function whereOurs(kind: CustomKind, ours: Reconciler, others: Reconciler = idle): Reconciler {
  return (parts) => {
    let current = begin(parts, parts.owners.isOurs(kind) ? ours : others)
    let stopped = false
    let changing = Promise.resolve()
    const ended = Promise.withResolvers<void>()
    const watch = (running: Running) =>
      running.service.done.then(
        () => (running === current && !running.leaving ? ended.resolve() : undefined),
        (error) => (running === current && !running.leaving ? ended.reject(error) : undefined),
      )
    void watch(current)
    const unsubscribe = parts.owners.onChange(() => {
      const wanted = parts.owners.isOurs(kind) ? ours : others
      changing = changing.then(async () => {
        if (stopped || current.reconciler === wanted) return
        await leave(current)
        if (stopped) return
        current = begin(parts, wanted)
        void watch(current)
      })
    })
    ended.promise.catch(() => {})
    return {
      done: ended.promise,
      stop: async () => {
        stopped = true
        unsubscribe()
        await changing
        await leave(current)
        ended.resolve()
      },
    }
  }
}

type Running = { reconciler: Reconciler; service: RunningService; abort: AbortController; leaving: boolean }

function begin(parts: ControllerParts, reconciler: Reconciler): Running {
  const abort = new AbortController()
  const signal = AbortSignal.any([parts.signal, abort.signal])
  const service = reconciler({ ...parts, base: { ...parts.base, signal }, signal })
  return { reconciler, service, abort, leaving: false }
}

async function leave(running: Running): Promise<void> {
  running.leaving = true
  running.abort.abort()
  await running.service.stop('another owner')
}

const idle: Reconciler = ({ signal }) => ({
  done: new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  stop: async () => {},
})
