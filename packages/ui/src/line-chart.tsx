'use client'
import 'uplot/dist/uPlot.min.css'
import { useTheme } from 'next-themes'
import { useEffect, useMemo, useRef, useState } from 'react'
import UPlot from 'uplot'
import { Button } from './button.tsx'
import { formatAbsolute, formatNumber } from './format.ts'

export type ChartPoint = { x: number; y: number | null }
export type ChartSeries = { name: string; points: readonly ChartPoint[]; colour?: number }

export type LineChartProps = {
  title: string
  series: readonly ChartSeries[]
  /** What x counts: a step, or milliseconds since 1970. */
  x: 'step' | 'time'
  log?: boolean
  unit?: string
  heightPx?: number
  /** Fixes the y axis, e.g. [0, 1] for a share. */
  range?: readonly [number, number]
}

/** Lines over steps or time, on canvas; for those who do not see it, a sentence and the same numbers as a table. */
export function LineChart(props: LineChartProps) {
  const { title, series, x, unit = '', heightPx = 200 } = props
  const [asTable, setAsTable] = useState(false)
  const data = useMemo(() => align(series), [series])
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 flex items-center gap-2 text-[13px] font-medium">
        <span className="truncate" title={title}>
          {title}
        </span>
        <Button
          size="sm"
          variant="ghost"
          className="ml-auto h-6 text-xs"
          aria-pressed={asTable}
          aria-label={`${title}: show as ${asTable ? 'chart' : 'table'}`}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? 'Chart' : 'Table'}
        </Button>
      </figcaption>
      {asTable ? (
        <DataGrid {...props} data={data} heightPx={heightPx} />
      ) : (
        <Canvas {...props} data={data} heightPx={heightPx} unit={unit} x={x} />
      )}
      {series.length > 1 ? (
        <ul className="mt-1 flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-fg-muted">
          {series.map((one, index) => (
            <li key={one.name} className="flex items-center gap-1.5">
              <span
                aria-hidden
                className="h-0.5 w-3 rounded"
                style={{ background: `var(--chart-${colourOf(one, index)})` }}
              />
              {one.name}
            </li>
          ))}
        </ul>
      ) : null}
    </figure>
  )
}

type Aligned = { xs: number[]; ys: (number | null)[][] }
type Inner = LineChartProps & { data: Aligned; heightPx: number }

function Canvas({ title, series, x, log = false, unit = '', heightPx, range, data }: Inner) {
  const box = useRef<HTMLDivElement>(null)
  const { resolvedTheme } = useTheme()
  // uPlot draws on a canvas outside React: made anew when its data or the theme's colours change.
  useEffect(() => {
    const element = box.current
    if (!element) return
    const style = getComputedStyle(document.documentElement)
    const token = (name: string) => style.getPropertyValue(name).trim()
    const axis = {
      stroke: token('--fg-subtle'),
      grid: { stroke: token('--chart-grid'), width: 1 },
      ticks: { show: false },
      font: `11px ${token('--font-sans') || 'sans-serif'}`,
    }
    const plot = new UPlot(
      {
        width: Math.max(element.clientWidth, 120),
        height: heightPx,
        legend: { show: false },
        cursor: { points: { size: 6 }, drag: { x: true, y: false } },
        scales: {
          x: { time: x === 'time' },
          y: { distr: log ? 3 : 1, ...(range ? { range: [range[0], range[1]] as [number, number] } : {}) },
        },
        axes: [
          {
            ...axis,
            size: 28,
            space: x === 'time' ? 70 : 50,
            values: (_: UPlot, splits: number[]) => onlyOnce(splits.map(x === 'time' ? timeTick(splits) : stepTick)),
          },
          {
            ...axis,
            size: 56,
            values: (_: UPlot, splits: (number | null)[]) =>
              splits.map((split) => (split === null ? '' : `${formatNumber(split)}${unit}`)),
          },
        ],
        series: [
          {},
          ...series.map((one, index) => ({
            label: one.name,
            stroke: token(`--chart-${colourOf(one, index)}`),
            width: 1.75,
            spanGaps: true,
            points: { show: data.xs.length < 40, size: 5 },
          })),
        ],
        hooks: { setCursor: [(self: UPlot) => showReadout(self, element, series, x, unit)] },
      },
      [x === 'time' ? data.xs.map((at) => at / 1000) : data.xs, ...data.ys],
      element,
    )
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: Math.max(element.clientWidth, 120), height: heightPx }),
    )
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.destroy()
    }
  }, [data, series, x, log, unit, heightPx, range, resolvedTheme])
  return (
    <div
      ref={box}
      role="img"
      aria-label={summarise(title, series, unit)}
      className="relative min-w-0"
      style={{ height: heightPx }}
    />
  )
}

const stepTick = (split: number): string => (Number.isInteger(split) ? String(split) : '')

/** Ticks closer than what they say would say it again. */
export function onlyOnce(labels: readonly string[]): string[] {
  return labels.map((label, index) => (label === labels[index - 1] ? '' : label))
}

/** Ticks of longer spans say the date, ticks of a day the minute, ticks closer than that the second. Seconds since 1970. */
export function timeTick(splits: readonly number[]): (split: number) => string {
  const [first = 0, second = first + 60] = splits
  const days = ((splits[splits.length - 1] ?? 0) - first) / 86_400
  const [from, to] = days > 2 ? [5, 10] : [11, second - first < 60 ? 19 : 16]
  return (split) => formatAbsolute(split * 1000).slice(from, to)
}

function showReadout(
  self: UPlot,
  element: HTMLElement,
  series: readonly ChartSeries[],
  x: 'step' | 'time',
  unit: string,
) {
  const index = self.cursor.idx
  let box = element.querySelector<HTMLElement>('[data-readout]')
  if (!box) {
    box = document.createElement('div')
    box.dataset.readout = ''
    box.className =
      'pointer-events-none absolute top-1 right-1 z-10 rounded border border-line bg-surface px-2 py-1 text-xs shadow-overlay'
    element.append(box)
  }
  if (index === null || index === undefined || (self.cursor.left ?? -1) < 0) {
    box.hidden = true
    return
  }
  const at = self.data[0][index] ?? 0
  const lines = series.map((one, position) => {
    const value = self.data[position + 1]?.[index]
    return `${one.name}: ${value === null || value === undefined ? '–' : `${formatNumber(value)}${unit}`}`
  })
  box.hidden = false
  box.textContent = `${x === 'time' ? formatAbsolute(at * 1000) : `step ${at}`} · ${lines.join(' · ')}`
}

function DataGrid({ title, series, x, unit = '', data, heightPx }: Inner) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <div tabIndex={0} className="scroll-thin overflow-auto" style={{ height: heightPx }}>
      <table className="tabular w-full text-xs">
        <caption className="sr-only">{title}</caption>
        <thead>
          <tr className="text-left text-fg-subtle">
            <th scope="col" className="py-1 font-medium">
              {x === 'time' ? 'Time' : 'Step'}
            </th>
            {series.map((one) => (
              <th key={one.name} scope="col" className="py-1 text-right font-medium">
                {one.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.xs.map((at, row) => (
            <tr key={at} className="border-t border-line">
              <td className="py-0.5">{x === 'time' ? formatAbsolute(at) : at}</td>
              {series.map((one, column) => {
                const value = data.ys[column]?.[row]
                return (
                  <td key={one.name} className="py-0.5 text-right">
                    {value === null || value === undefined ? '–' : `${formatNumber(value)}${unit}`}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** One x axis for all series; a series has null where it has no point. */
export function align(series: readonly ChartSeries[]): Aligned {
  const xs = [...new Set(series.flatMap((one) => one.points.map((point) => point.x)))].sort((a, b) => a - b)
  const position = new Map(xs.map((at, index) => [at, index]))
  const ys = series.map((one) => {
    const values: (number | null)[] = xs.map(() => null)
    for (const point of one.points) {
      const index = position.get(point.x)
      if (index !== undefined) values[index] = point.y !== null && Number.isFinite(point.y) ? point.y : null
    }
    return values
  })
  return { xs, ys }
}

/** What the lines show, in a sentence. */
export function summarise(title: string, series: readonly ChartSeries[], unit: string): string {
  const parts = series.map((one) => {
    const values = one.points.flatMap((point) => (point.y !== null && Number.isFinite(point.y) ? [point.y] : []))
    const last = values[values.length - 1]
    if (last === undefined) return `${one.name} has no values`
    let low = last
    let high = last
    for (const value of values) {
      if (value < low) low = value
      if (value > high) high = value
    }
    return `${one.name}: ${values.length} points from ${formatNumber(low)}${unit} to ${formatNumber(high)}${unit}, last ${formatNumber(last)}${unit}`
  })
  return `Line chart of ${title}. ${parts.join('; ')}.`
}

function colourOf(series: ChartSeries, index: number): number {
  return series.colour ?? (index % 8) + 1
}
