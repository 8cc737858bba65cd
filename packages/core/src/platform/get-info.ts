import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { PlatformInfo } from '@keelson/contracts/platform'
import { resources } from '@keelson/kube'
import type { Ctx } from '../context/index.ts'
import { keptKindOwners } from './kind-owners.ts'

/** What the process knows of its installation from its configuration. */
export type Installation = { version: string; clusterName: string; embeddedIdentity: boolean }

type NodeObject = KubeObject & { status?: { conditions?: { type: string; status: string; message?: string }[] } }

export async function getInfo(ctx: Ctx, installation: Installation): Promise<PlatformInfo> {
  const [kinds, notIsolated] = await Promise.all([keptKindOwners(ctx.db), findIsolationFault(ctx)])
  return { ...installation, url: ctx.addresses.url, contentUrl: ctx.addresses.contentUrl, kinds, notIsolated }
}

/** A node whose condition `TenantsIsolated` is False says why; nodes that know no such condition keep tenants apart. */
async function findIsolationFault(ctx: Ctx): Promise<string | null> {
  try {
    const { items } = await ctx.kube.list<NodeObject>(resources.nodes)
    const faults = items
      .flatMap((node) => node.status?.conditions ?? [])
      .filter(({ type, status }) => type === 'TenantsIsolated' && status === 'False')
    return faults[0]?.message ?? null
  } catch (error) {
    ctx.log.warn('the nodes cannot be read', { error })
    return null
  }
}
