import type { PlatformInfo } from '@keelson/contracts/platform'
import type { Ctx } from '../context/index.ts'
import { keptKindOwners } from './kind-owners.ts'

/** What the process knows of its installation from its configuration. */
export type Installation = { version: string; clusterName: string; embeddedIdentity: boolean }

export async function getInfo(ctx: Ctx, installation: Installation): Promise<PlatformInfo> {
  const kinds = await keptKindOwners(ctx.db)
  return { ...installation, url: ctx.addresses.url, contentUrl: ctx.addresses.contentUrl, kinds }
}
