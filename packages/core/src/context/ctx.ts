/**
 * What every use case is given. Opened once per process by its `main.ts` (see `openContext`), narrowed per request to an
 * actor with {@link withActor}.
 */
import type { Actor } from '@keelson/contracts/access'
import type { Db } from '@keelson/db'
import type { KubeApi } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { AccessEvaluator } from '../access/evaluator.ts'
import type { ArtifactStore } from '../artifacts/index.ts'
import type { SpawnerSource } from '../notebooks/spawner-source.ts'
import type { InferenceGate } from '../serving/inference-gate.ts'
import { narrowKube } from './narrow-kube.ts'
import { readOnlyKube } from './read-only-kube.ts'

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
  /** The way to running endpoints, where this process has one: the gateway sets it. */
  inference?: InferenceGate
  /** What the spawner of notebooks offers here; the shipped configuration where nothing is set. */
  spawner?: SpawnerSource
  /**
   * What proves to the file server of a volume that the gateway asks, by the server's viewer; where this process has the secret that it
   * comes from: the gateway sets it.
   */
  fileToken?: (viewer: { workspace: string; name: string }) => string
  clock: Clock
  log: Logger
  signal: AbortSignal
}

/** What a process opens once: a context that has no actor yet. */
export type BaseCtx = Omit<Ctx, 'actor'>

export function withActor(base: BaseCtx, actor: Actor): Ctx {
  return { ...base, actor, log: base.log.with({ actor: actor.username }) }
}

/**
 * The Kubernetes API as the actor, by impersonation: the cluster itself decides. A token that is narrowed to a workspace
 * reaches only that one. A pod is refused: it has its own way to Kubernetes, and `system:` users are never impersonated.
 */
export function asActor(ctx: Ctx): KubeApi {
  const { actor, kube } = ctx
  if (actor.kind === 'platform') return kube
  if (actor.kind === 'pod')
    throw new AppError('forbidden', 'A pod talks to the Kubernetes API itself, with the same token.')
  const as = kube.as({ username: actor.username, groups: actor.groups })
  const api = actor.view === undefined ? as : readOnlyKube(as)
  return actor.tokenWorkspace === undefined ? api : narrowKube(api, actor.tokenWorkspace)
}

/** Throws `forbidden` for an operator who only looks as somebody. */
export function refuseView(actor: Actor): void {
  if (actor.kind !== 'person' || actor.view === undefined) return
  throw new AppError(
    'forbidden',
    `${actor.view.by} only looks as ${actor.username}: nothing can be changed. Leave this view first.`,
  )
}

/** The same context inside one transaction. Changes go through here, so who only looks is refused here. */
export async function inTransaction<T>(ctx: Ctx, work: (tx: Ctx) => Promise<T>): Promise<T> {
  refuseView(ctx.actor)
  return ctx.db.transaction((db) => work({ ...ctx, db }))
}
