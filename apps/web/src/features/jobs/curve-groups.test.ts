import type { JobCurve } from '@keelson/contracts/training'
import { expect, it } from 'vitest'
import { groupCurves, toSeries, usageGroups } from './curve-groups.ts'

const curve = (more: Partial<JobCurve>, values: [number | null, number][]): JobCurve => ({
  source: 'log',
  name: 'loss',
  label: 'worker-0',
  podUid: 'p',
  runId: null,
  points: values.map(([step, value], index) => ({ step, timeMs: 1_000 * index, value })),
  ...more,
})
const two: [number | null, number][] = [
  [5, 1],
  [6, 2],
]

it('the same number of runs and replicas is one chart; what was told once is a number', () => {
  const { charts, numbers } = groupCurves([
    curve({ name: 'z' }, [[1, 1]]),
    curve({}, [[1, 1]]),
    curve({ source: 'run', label: 'first' }, two),
  ])
  expect(charts.map(({ name, curves }) => [name, curves.length])).toEqual([['loss', 2]])
  expect(numbers.map(({ name }) => name)).toEqual(['z'])
})

it('lines are told apart by name, and a line without a step counts by its place', () => {
  const series = toSeries(
    [
      curve({ source: 'run', label: 'again' }, two),
      curve({ source: 'run', label: 'again' }, two),
      curve({}, [
        [null, 7],
        [null, 8],
      ]),
    ],
    'step',
  )
  expect(series.map(({ name }) => name)).toEqual(['again', 'again #2', 'worker-0 (log)'])
  expect(series.map(({ points }) => points.map(({ x }) => x))).toEqual([
    [5, 6],
    [5, 6],
    [0, 1],
  ])
  expect(toSeries([curve({}, two)], 'time')[0]?.points).toEqual([
    { x: 0, y: 1 },
    { x: 1_000, y: 2 },
  ])
})

it('what pods used is told in cores and MiB, replicas by name', () => {
  const used = (name: string, label: string, value: number) =>
    curve({ source: 'usage', name, label }, [
      [null, value],
      [null, value],
    ])
  const { charts } = usageGroups([
    used('memory', 'b', 2 ** 21),
    used('memory', 'a', 2 ** 20),
    used('cpu', 'a', 0.5),
    curve({}, two),
  ])
  expect(
    charts.map(({ name, curves }) => [name, curves.map(({ label, points }) => [label, points.at(-1)?.value])]),
  ).toEqual([
    ['CPU, cores', [['a', 0.5]]],
    [
      'Memory, MiB',
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
  ])
})
