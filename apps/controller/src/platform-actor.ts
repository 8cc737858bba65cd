import { type BaseCtx, type Ctx, withActor } from '@keelson/core/context'

/** The controller acts for the platform: on what people were allowed to ask for. */
export function asPlatform(base: BaseCtx): Ctx {
  return withActor(base, { kind: 'platform', username: 'keelson-controller', groups: [] })
}
