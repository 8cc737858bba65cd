/**
 * Monitoring: what endpoints predicted, the labels that came later, and how the two and the training data compare. Knows
 * endpoints by their uid; must not know how they run.
 */
export { computeDrift, driftDue } from './compute-drift.ts'
export { getMonitoring } from './get-monitoring.ts'
export { listPredictions } from './list-predictions.ts'
export { type CallShape, type ParsedCall, parseCall } from './logged-call.rules.ts'
export type { LoggedCall, LoggedPrediction } from './logged-call.ts'
export { insertCalls, type LoggedBatch } from './prediction.store.ts'
export { submitLabels } from './submit-labels.ts'
