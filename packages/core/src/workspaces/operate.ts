/** All workspaces, as operators see and limit them. The cluster decides, as the operator. */
import type { Profile } from '@keelson/contracts/kinds'
import type { SetQuota, WorkspaceOverview } from '@keelson/contracts/workspaces'
import { resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { allowOperator, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { type RoleBinding, toContributor } from './contributor.rules.ts'
import { quotaLines, type ResourceQuota } from './use.rules.ts'
import { profileStatus } from './workspace.rules.ts'

export async function listAllWorkspaces(ctx: Ctx): Promise<WorkspaceOverview[]> {
  await allowOperator(ctx)
  const api = asActor(ctx)
  const [profiles, quotas, bindings] = await Promise.all([
    api.list<Profile>(resources.profiles),
    api.list<ResourceQuota>(resources.resourceQuotas),
    api.list<RoleBinding>(resources.roleBindings),
  ])
  return profiles.items
    .map((profile) => {
      const name = profile.metadata.name ?? ''
      const inside = <T extends { metadata: { namespace?: string } }>(items: T[]) =>
        items.filter(({ metadata }) => metadata.namespace === name)
      return {
        name,
        owner: profile.spec?.owner?.name ?? '',
        ownerKind: profile.spec?.owner?.kind ?? '',
        status: profileStatus(profile),
        createdAt: new Date(profile.metadata.creationTimestamp ?? 0).toISOString(),
        contributors: inside(bindings.items).filter((binding) => toContributor(binding) !== null).length - 1,
        hard: hardOf(profile),
        quotas: quotaLines(inside(quotas.items)),
      }
    })
    .map((row) => ({ ...row, contributors: Math.max(0, row.contributors) }))
    .sort((one, other) => one.name.localeCompare(other.name))
}

/** Writes the quota into the profile, whose reconciler makes it the namespace's; empty: no limit. */
export async function setQuota(ctx: Ctx, input: SetQuota): Promise<void> {
  await allowOperator(ctx)
  const { workspace: name, hard } = input
  const api = asActor(ctx)
  const profile = await api.find<Profile>(resources.profiles, { name })
  if (!profile) throw new AppError('not_found', `There is no workspace ${name}.`)
  const before = hardOf(profile)
  // A merge patch keeps what it does not name: what is no longer wanted is named with null.
  const dropped = Object.fromEntries(Object.keys(before).map((key) => [key, null]))
  const resourceQuotaSpec = Object.keys(hard).length === 0 ? null : { hard: { ...dropped, ...hard } }
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, {
      workspace: name,
      action: 'workspaces.setQuota',
      subject: `workspace/${name}`,
      before: { hard: before },
      after: { hard },
    })
    await tx.db.publish({ workspace: name, topic: 'workspaces', id: name })
    await api.patch(resources.profiles, { name }, { spec: { resourceQuotaSpec } })
  })
}

function hardOf(profile: Profile): Record<string, string> {
  const hard = profile.spec?.resourceQuotaSpec?.hard ?? {}
  return Object.fromEntries(Object.entries(hard).map(([key, value]) => [key, String(value)]))
}
