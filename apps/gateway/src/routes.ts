/** Every door of the platform, in one table: first match wins. An adapter adds one line. */
import type { FrontRoute } from './front/route.ts'

export const adapterRoutes: readonly FrontRoute[] = []
