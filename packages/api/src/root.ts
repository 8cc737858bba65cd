/** The whole tRPC surface: one router per domain, one procedure per file below it. */
import { accessRouter } from './access/router.ts'
import { activityRouter } from './activity/router.ts'
import { adminRouter } from './admin/router.ts'
import { artifactsRouter, experimentsRouter, runsRouter } from './experiments/router.ts'
import { lineageRouter } from './lineage/router.ts'
import { liveRouter } from './live/router.ts'
import { monitoringRouter } from './monitoring/router.ts'
import { notebooksRouter } from './notebooks/router.ts'
import { objectsRouter } from './objects/router.ts'
import { platformRouter } from './platform/router.ts'
import { modelsRouter } from './registry/router.ts'
import { searchRouter } from './search/router.ts'
import { endpointsRouter } from './serving/router.ts'
import { tensorboardsRouter } from './tensorboards/router.ts'
import { jobsRouter } from './training/router.ts'
import { router } from './trpc.ts'
import { volumesRouter } from './volumes/router.ts'
import { workspacesRouter } from './workspaces/router.ts'

export { type ApiContext, trpcFailure } from './trpc.ts'

export const appRouter = router({
  access: accessRouter,
  activity: activityRouter,
  admin: adminRouter,
  artifacts: artifactsRouter,
  endpoints: endpointsRouter,
  experiments: experimentsRouter,
  jobs: jobsRouter,
  lineage: lineageRouter,
  live: liveRouter,
  models: modelsRouter,
  monitoring: monitoringRouter,
  notebooks: notebooksRouter,
  objects: objectsRouter,
  platform: platformRouter,
  runs: runsRouter,
  search: searchRouter,
  tensorboards: tensorboardsRouter,
  volumes: volumesRouter,
  workspaces: workspacesRouter,
})

export type AppRouter = typeof appRouter
