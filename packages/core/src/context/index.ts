/** What every use case is given ({@link Ctx}), and how a process opens it ({@link openContext}). */
export { asActor, type BaseCtx, type Ctx, inTransaction, type PlatformAddresses, refuseView, withActor } from './ctx.ts'
export { type OpenContextOptions, type OpenedContext, openContext } from './open-context.ts'
