import { expect, test } from 'vitest'
import { align, summarise, timeTick } from './line-chart.tsx'

test('series with different steps share one axis, with gaps where a series has no point', () => {
  const data = align([
    {
      name: 'a',
      points: [
        { x: 0, y: 1 },
        { x: 2, y: 3 },
      ],
    },
    {
      name: 'b',
      points: [
        { x: 1, y: 5 },
        { x: 2, y: Number.NaN },
      ],
    },
  ])
  expect(data).toEqual({
    xs: [0, 1, 2],
    ys: [
      [1, null, 3],
      [null, 5, null],
    ],
  })
})

test('the sentence for those who do not see the lines', () => {
  expect(
    summarise(
      'loss',
      [
        {
          name: 'loss',
          points: [
            { x: 0, y: 0.9 },
            { x: 1, y: 0.25 },
          ],
        },
      ],
      '',
    ),
  ).toBe('Line chart of loss. loss: 2 points from 0.25 to 0.9, last 0.25.')
  expect(summarise('loss', [{ name: 'loss', points: [] }], '')).toBe('Line chart of loss. loss has no values.')
})

test('neighbouring time ticks never read the same', () => {
  const noon = Date.UTC(2026, 0, 5, 12) / 1000
  for (const gap of [1, 15, 60, 3_600, 86_400]) {
    const splits = Array.from({ length: 5 }, (_, index) => noon + index * gap)
    expect(new Set(splits.map(timeTick(splits))).size).toBe(5)
  }
})
