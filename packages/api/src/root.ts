/** The whole tRPC surface: one router per domain, one procedure per file below it. */
import { accessRouter } from './access/router.ts'
import { liveRouter } from './live/router.ts'
import { platformRouter } from './platform/router.ts'
import { router } from './trpc.ts'

export { type ApiContext, trpcFailure } from './trpc.ts'

export const appRouter = router({
  access: accessRouter,
  live: liveRouter,
  platform: platformRouter,
})

export type AppRouter = typeof appRouter
