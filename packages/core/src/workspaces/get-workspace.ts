import type { Profile } from '@keelson/contracts/kinds'
import type { Workspace } from '@keelson/contracts/workspaces'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { roleIn } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { toWorkspace } from './workspace.rules.ts'

/** One workspace. Who has no role there is refused in the same words whether it exists or not. */
export async function getWorkspace(ctx: Ctx, input: { workspace: string }): Promise<Workspace> {
  const role = roleIn(ctx, input.workspace)
  if (role === null)
    throw new AppError('forbidden', `You have no role in workspace ${input.workspace}. Its owner can give you one.`)
  const profile = await ctx.kube.find<Profile>(resources.profiles, { name: input.workspace })
  if (!profile) throw new AppError('not_found', `There is no workspace ${input.workspace}.`)
  return toWorkspace(profile, role)
}
