import { AppError } from '@keelson/process/app-error'
import type { Ctx } from '../context/index.ts'
import { expiryOf, type RoleBinding, toContributor } from './contributor.rules.ts'
import { takeBack } from './manage-contributors.ts'

/**
 * Takes back a role whose time is over. Gives the milliseconds until then where it is not, null where there is nothing to
 * wait for. The time stands on the binding itself, so nothing is forgotten while no controller runs.
 */
export async function expireGrant(ctx: Ctx, binding: RoleBinding): Promise<number | null> {
  const expiresAt = expiryOf(binding)
  const contributor = toContributor(binding)
  if (expiresAt === null || contributor === null) return null
  const leftMs = expiresAt.getTime() - ctx.clock.now().getTime()
  if (leftMs > 0) return leftMs
  await takeBack(ctx, ctx.kube, { action: 'workspaces.expireContributor', binding, contributor }).catch((error) => {
    if (!(error instanceof AppError && error.code === 'not_found')) throw error
  })
  return null
}
