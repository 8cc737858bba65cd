import { describe, expect, test } from 'vitest'
import { decideGate } from './gate.rules.ts'

describe('a gate', () => {
  const gate = {
    model: 'm',
    stage: 'Staging' as const,
    metric: 'auc',
    higherIsBetter: true,
    minimum: 0.7,
    minimumImprovement: 0,
    baselineRunId: null,
  }
  const decide = (candidate: number | null, baseline: number | null, source: string | null = null, more = {}) =>
    decideGate({ ...gate, ...more }, { candidate, baseline, baselineSource: source }).passed
  test.each([
    [decide(null, null), false],
    [decide(Number.NaN, null), false],
    [decide(0.69, null), false],
    [decide(0.7, null), true],
    [decide(0.8, 0.8, 'v1'), true],
    [decide(0.8, 0.81, 'v1'), false],
    [decide(0.8, null, 'v1'), false],
    [decide(0.8, Number.NaN, 'v1'), false],
    [decide(0.3, 0.4, 'v1', { higherIsBetter: false, minimum: 0.5 }), true],
    [decide(0.6, 0.7, 'v1', { higherIsBetter: false, minimum: 0.5 }), false],
    [decide(0.8, 0.795, 'v1', { minimumImprovement: 0.01 }), false],
  ])('%j', (passed, expected) => expect(passed).toBe(expected))
})
