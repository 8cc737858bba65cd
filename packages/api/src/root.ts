/** The whole tRPC surface: one router per domain, one procedure per file below it. */
import { router } from './trpc.ts'

export type { ApiContext } from './trpc.ts'

export const appRouter = router({})

export type AppRouter = typeof appRouter
