/**
 * Web apps of a workspace: servers that people open on the notebooks' site, which is where each one is and who may open it. Knows
 * Notebooks, PVCViewers, Tensorboards and their Services; must not know HTTP.
 */
export { askServer } from './ask-server.ts'
export { connectQuestion, existingRoute, openWebApp } from './open-web-app.ts'
export {
  type AppFault,
  appStatus,
  foreignChild,
  ownerOf,
  type ServedApp,
  type Workload,
} from './served-app.rules.ts'
export { type WebAppRoutes, watchWebAppRoutes } from './watch-web-app-routes.ts'
export {
  parseWebAppPath,
  routeOfWebApp,
  type WebAppKind,
  type WebAppName,
  type WebAppRoute,
  webAppKinds,
  webAppPrefix,
  webApps,
} from './web-app.rules.ts'
