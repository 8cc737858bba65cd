/**
 * Serving: what an InferenceService asks for, what runs for it, where requests go. Knows models by their address in the registry;
 * must not know how predictions are judged (monitoring).
 */
export { deleteEndpoint } from './delete-endpoint.ts'
export { deployVersion, inferenceServiceOf } from './deploy-version.ts'
export {
  type DesiredPredictor,
  desiredPredictor,
  endpointOfPredictor,
  predictorName,
  serverPort,
  servingLabels,
} from './desired-predictor.ts'
export { listPresentEndpointKeys } from './endpoint.store.ts'
export { existingEndpoint, getEndpoint } from './get-endpoint.ts'
export type { InferenceGate, LiveMetadata } from './inference-gate.ts'
export { listEndpoints } from './list-endpoints.ts'
export { modelOfUri, parsePredictor, servedModel, storageUriOf } from './predictor.rules.ts'
export { projectEndpoint, projectEndpointGone } from './project-endpoint.ts'
export { endpointOfSlice, type InferenceRoute, routeOf, sliceServiceLabel, targetsOf } from './route.rules.ts'
export { desiredStatus, foldStatus, invalidStatus, sameStatus } from './status.rules.ts'
export { testEndpoint } from './test-endpoint.ts'
export { type RouteTable, watchRoutes } from './watch-routes.ts'
