/**
 * Monitoring: what endpoints predicted, the labels that came later, and how the two and the training data compare. Knows
 * endpoints by their uid; must not know how they run.
 */
export type { LoggedCall, LoggedPrediction } from './logged-call.ts'
export { type CallShape, type ParsedCall, parseCall } from './logged-call.rules.ts'
export { insertCalls, type LoggedBatch } from './prediction.store.ts'
