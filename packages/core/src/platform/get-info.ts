import type { PlatformInfo } from '@keelson/contracts/platform'
import type { Ctx } from '../context/index.ts'

/** What the process knows of its installation from its configuration. */
export type Installation = { version: string; clusterName: string; embeddedIdentity: boolean }

export function getInfo(ctx: Ctx, installation: Installation): PlatformInfo {
  return { ...installation, url: ctx.addresses.url, contentUrl: ctx.addresses.contentUrl }
}
