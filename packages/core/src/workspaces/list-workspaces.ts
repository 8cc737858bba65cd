import type { Profile } from '@keelson/contracts/kinds'
import type { Workspace } from '@keelson/contracts/workspaces'
import { resources } from '@keelson/kube'
import { roleIn } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { toWorkspace } from './workspace.rules.ts'

/** The workspaces where the actor is anybody, by name. Of the others it does not even hear the names. */
export async function listWorkspaces(ctx: Ctx): Promise<Workspace[]> {
  const { items } = await ctx.kube.list<Profile>(resources.profiles)
  return items
    .flatMap((profile) => {
      const role = roleIn(ctx, profile.metadata.name ?? '')
      return role === null ? [] : [toWorkspace(profile, role)]
    })
    .sort((one, other) => one.name.localeCompare(other.name))
}
