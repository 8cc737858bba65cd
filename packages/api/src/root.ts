/** The whole tRPC surface: one router per domain, one procedure per file below it. */
import { accessRouter } from './access/router.ts'
import { artifactsRouter, experimentsRouter, runsRouter } from './experiments/router.ts'
import { liveRouter } from './live/router.ts'
import { platformRouter } from './platform/router.ts'
import { modelsRouter } from './registry/router.ts'
import { router } from './trpc.ts'

export { type ApiContext, trpcFailure } from './trpc.ts'

export const appRouter = router({
  access: accessRouter,
  artifacts: artifactsRouter,
  experiments: experimentsRouter,
  live: liveRouter,
  models: modelsRouter,
  platform: platformRouter,
  runs: runsRouter,
})

export type AppRouter = typeof appRouter
