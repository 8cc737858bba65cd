export type { AccessDecision, AccessEvaluator } from './evaluator.ts'
