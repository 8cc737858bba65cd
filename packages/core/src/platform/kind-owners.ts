import { type CustomKind, customKinds, definitionName } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { KindOwner } from '@keelson/contracts/platform'
import type { Db } from '@keelson/db'
import { type Resource, resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { z } from 'zod'
import type { BaseCtx, Ctx } from '../context/index.ts'
import { decideKindOwner, type KindEvidence, type KindSetting } from './kind-owners.rules.ts'
import { settings } from './settings.store.ts'

const key = 'kinds'
const Kept = z.object({ kinds: z.array(KindOwner) })

/** What was seen last; empty before a controller has looked for the first time. */
export async function keptKindOwners(db: Db): Promise<KindOwner[]> {
  const kept = Kept.safeParse(await settings.find(db, key))
  return kept.success ? kept.data.kinds : []
}

/** Looks who owns each kind, and keeps the answer for the dashboard where it is a new one. Only the leader may call it. */
export async function lookAtKinds(
  base: Pick<BaseCtx, 'kube' | 'db' | 'clock'>,
  setting: KindSetting,
): Promise<KindOwner[]> {
  const kinds = await Promise.all(
    customKinds.map(async (kind) => decideKindOwner(kind, await evidenceOf(base, kind), setting)),
  )
  const before = await keptKindOwners(base.db)
  if (JSON.stringify(before) !== JSON.stringify(kinds)) {
    await base.db.transaction(async (tx) => {
      await settings.set(tx, key, { kinds }, base.clock.now())
      await tx.publish({ workspace: null, topic: 'platform', id: key })
    })
  }
  return kinds
}

async function evidenceOf({ kube }: Pick<BaseCtx, 'kube'>, kind: CustomKind): Promise<KindEvidence> {
  const definition = await kube.find(resources.customResourceDefinitions, { name: definitionName(kind) })
  const { upstream } = kind
  if (definition === null || upstream === undefined) return { definition, workloads: [] }
  const list = async (resource: Resource): Promise<KubeObject[]> => {
    const { items } = await kube.list(resource, { labelSelector: upstream.selector, limit: 20 })
    return items.map((item) => ({ ...item, kind: resource.kind }))
  }
  const workloads = await Promise.all([list(resources.deployments), list(resources.statefulSets).catch(ignoreMissing)])
  return { definition, workloads: workloads.flat() }
}

/** A server that has no StatefulSets runs none. */
function ignoreMissing(error: unknown): KubeObject[] {
  if (error instanceof AppError && error.code === 'not_found') return []
  throw error
}

/** Throws `precondition` with the reason where another operator owns the kind: Keelson only shows it there. */
export async function requireOwnKind(ctx: Ctx, kind: CustomKind): Promise<void> {
  const found = (await keptKindOwners(ctx.db)).find(({ name }) => name === definitionName(kind))
  if (found?.owner !== 'other') return
  throw new AppError(
    'precondition',
    `Keelson only shows ${kind.kind} objects here: ${found.evidence} Use that operator’s own way to change them.`,
  )
}
