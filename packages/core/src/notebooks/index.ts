/**
 * Notebooks: where each one is, and who may open it. Knows the Notebook resource and its Service; must not know HTTP.
 */
export { type ClientParts, notebookClientParts } from './client-parts.rules.ts'
export { type NotebookRoute, notebookPrefix, notebookRouteOf, parseNotebookPath } from './notebook-route.rules.ts'
export { connectQuestion, existingRoute, openNotebook } from './open-notebook.ts'
export { type NotebookRoutes, watchNotebookRoutes } from './watch-notebook-routes.ts'
