/**
 * What every use case is given. Opened once per process by its `main.ts` (see `openContext`), narrowed per request to an
 * actor with {@link withActor}.
 */
import type { Actor } from '@keelson/contracts/access'
import type { Db } from '@keelson/db'
import type { KubeApi } from '@keelson/kube'
import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { AccessEvaluator } from '../access/index.ts'
import type { ArtifactStore } from '../artifacts/index.ts'

/** Where this installation is reached. No trailing slash. */
export type PlatformAddresses = {
  /** The dashboard and every client. */
  url: string
  /** The other site: notebooks and rendered artifacts. */
  contentUrl: string
  /** What pods use to reach `url` (the advertised address). */
  podUrl: string
}

export type Ctx = {
  actor: Actor
  access: AccessEvaluator
  db: Db
  /** The Kubernetes API as the platform. Use {@link asActor} for what a person asked for. */
  kube: KubeApi
  artifacts: ArtifactStore
  addresses: PlatformAddresses
  clock: Clock
  log: Logger
  signal: AbortSignal
}

/** What a process opens once: a context that has no actor yet. */
export type BaseCtx = Omit<Ctx, 'actor'>

export function withActor(base: BaseCtx, actor: Actor): Ctx {
  return { ...base, actor, log: base.log.with({ actor: actor.username }) }
}

/** The Kubernetes API as the actor, by impersonation: the cluster itself decides. */
export function asActor(ctx: Ctx): KubeApi {
  return ctx.actor.kind === 'platform' ? ctx.kube : ctx.kube.as({ username: ctx.actor.username, groups: ctx.actor.groups })
}

/** The same context inside one transaction. */
export function inTransaction<T>(ctx: Ctx, work: (tx: Ctx) => Promise<T>): Promise<T> {
  return ctx.db.transaction((db) => work({ ...ctx, db }))
}
