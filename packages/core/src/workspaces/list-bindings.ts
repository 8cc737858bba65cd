import type { Profile } from '@keelson/contracts/kinds'
import type { Contributor } from '@keelson/contracts/workspaces'
import { resources } from '@keelson/kube'
import { isAllowed } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { type RoleBinding, toContributor } from './contributor.rules.ts'

/**
 * The contributors of all workspaces (or of one) that the actor may know of: everybody's where it may list role bindings,
 * elsewhere only the entries that name it. A binding that is no contributor's is left out, never an error.
 */
export async function listVisibleBindings(
  ctx: Ctx,
  input: { workspace?: string | undefined },
): Promise<(Contributor & { workspace: string })[]> {
  const { actor } = ctx
  const [profiles, bindings] = await Promise.all([
    ctx.kube.list<Profile>(resources.profiles),
    ctx.kube.list<RoleBinding>(resources.roleBindings, { namespace: input.workspace }),
  ])
  const workspaces = new Set(profiles.items.map((profile) => profile.metadata.name ?? ''))
  const mayList = (namespace: string) =>
    isAllowed(ctx, { verb: 'list', group: 'rbac.authorization.k8s.io', resource: 'rolebindings', namespace })
  const isReachable = (namespace: string) =>
    actor.kind !== 'person' || actor.tokenWorkspace === undefined || actor.tokenWorkspace === namespace
  const namesActor = ({ subjectKind, subject }: Contributor) =>
    subjectKind === 'User' ? subject === actor.username : actor.groups.includes(subject)
  return bindings.items.flatMap((binding) => {
    const workspace = binding.metadata.namespace ?? ''
    const contributor = workspaces.has(workspace) && isReachable(workspace) ? toContributor(binding) : null
    if (contributor === null || !(mayList(workspace) || namesActor(contributor))) return []
    return [{ workspace, ...contributor }]
  })
}
