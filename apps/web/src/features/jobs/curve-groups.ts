import type { JobCurve } from '@keelson/contracts/training'
import type { ChartSeries } from '@keelson/ui/line-chart'

export type Axis = 'step' | 'time'
/** One chart: the same number of all replicas and runs. Those said but once are told as a number instead. */
export type CurveGroup = { name: string; curves: readonly JobCurve[] }

/** By name, in the order of the names; a log line and a run may tell the same one. */
export function groupCurves(curves: readonly JobCurve[]): { charts: CurveGroup[]; numbers: CurveGroup[] } {
  const groups = [...Map.groupBy(curves, ({ name }) => name)]
    .map(([name, own]) => ({ name, curves: own }))
    .sort((one, other) => one.name.localeCompare(other.name))
  const isLine = ({ curves: own }: CurveGroup) => own.some(({ points }) => points.length > 1)
  return { charts: groups.filter(isLine), numbers: groups.filter((group) => !isLine(group)) }
}

/** Where a line named no step, its place in the order stands for it. */
export function toSeries(curves: readonly JobCurve[], axis: Axis): ChartSeries[] {
  const labels = new Map<string, number>()
  return curves.map(({ label, source, points }) => {
    const said = source === 'log' ? `${label} (log)` : label
    const times = (labels.get(said) ?? 0) + 1
    labels.set(said, times)
    return {
      name: times === 1 ? said : `${said} #${times}`,
      points: points.map(({ step, timeMs, value }, index) => ({
        x: axis === 'time' ? timeMs : (step ?? index),
        y: value,
      })),
    }
  })
}

/** The number that was told last. */
export function newest(curve: JobCurve): number | null {
  return curve.points.at(-1)?.value ?? null
}

/** What pods used, with words and units for people; replicas by name. Memory in MiB keeps the axis short. */
export function usageGroups(curves: readonly JobCurve[]) {
  const inMebibytes = ({ points, ...curve }: JobCurve): JobCurve => ({
    ...curve,
    name: 'Memory, MiB',
    points: points.map((point) => ({ ...point, value: point.value / 1_048_576 })),
  })
  const used = curves
    .filter(({ source }) => source === 'usage')
    .map((curve) => (curve.name === 'memory' ? inMebibytes(curve) : { ...curve, name: 'CPU, cores' }))
    .sort((one, other) => one.label.localeCompare(other.label))
  return groupCurves(used)
}
