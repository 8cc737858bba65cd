import type { Gate, GateResult } from '@keelson/contracts/registry'

export type Measured = { candidate: number | null; baseline: number | null; baselineSource: string | null }

/**
 * Decides a gate. The candidate's metric must be there, reach `minimum` and beat the baseline by `minimumImprovement`; a
 * baseline that is named but was never measured cannot be beaten. Without any baseline only the minimum counts.
 */
export function decideGate(gate: Gate, measured: Measured): GateResult {
  const result = (passed: boolean, reason: string): GateResult => ({
    passed,
    metric: gate.metric,
    ...finite(measured),
    reason,
  })
  const { candidate, baseline, baselineSource } = measured
  if (candidate === null)
    return result(false, `The version has no metric '${gate.metric}', which the gate of ${gate.stage} asks for.`)
  if (Number.isNaN(candidate)) return result(false, `The version's metric '${gate.metric}' is not a number.`)
  const worse = (value: number, bound: number) => (gate.higherIsBetter ? value < bound : value > bound)
  if (gate.minimum !== null && worse(candidate, gate.minimum))
    return result(
      false,
      `${gate.metric} is ${show(candidate)}; the gate asks for ${gate.higherIsBetter ? 'at least' : 'at most'} ${show(gate.minimum)}.`,
    )
  if (baselineSource === null)
    return result(true, `${gate.metric} is ${show(candidate)}; there is no baseline to compare it with yet.`)
  if (baseline === null || Number.isNaN(baseline))
    return result(false, `The baseline (${baselineSource}) has no metric '${gate.metric}' to compare with.`)
  const improvement = gate.higherIsBetter ? candidate - baseline : baseline - candidate
  const comparison = `${gate.metric} is ${show(candidate)}, the baseline (${baselineSource}) has ${show(baseline)}`
  if (improvement < gate.minimumImprovement)
    return result(
      false,
      `${comparison}: better by ${show(improvement)}, the gate asks for ${show(gate.minimumImprovement)}.`,
    )
  return result(true, `${comparison}: better by ${show(improvement)}.`)
}

function show(value: number): string {
  return String(Number(value.toPrecision(6)))
}

/** What JSON can carry. */
function finite(measured: Measured): Measured {
  const only = (value: number | null) => (value === null || !Number.isFinite(value) ? null : value)
  return {
    candidate: only(measured.candidate),
    baseline: only(measured.baseline),
    baselineSource: measured.baselineSource,
  }
}
