/**
 * Prometheus text metrics (format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/). Label values are a closed
 * list per label, so that the number of series is known when the metric is made and each begins at zero; a value that is
 * not on the list is counted as `other`.
 */
export type LabelValues = Readonly<Record<string, readonly string[]>>
export type Labels<L extends LabelValues> = { readonly [K in keyof L]: string }

export type Counter<L extends LabelValues> = { increment(labels: Labels<L>, by?: number): void }
export type Gauge<L extends LabelValues> = {
  set(labels: Labels<L>, value: number): void
  add(labels: Labels<L>, by: number): void
}
export type Histogram<L extends LabelValues> = { observe(labels: Labels<L>, value: number): void }

export type MetricsRegistry = {
  /** Name: `<app>_<noun>_<unit>_total`. */
  counter<L extends LabelValues>(name: string, help: string, labels: L): Counter<L>
  gauge<L extends LabelValues>(name: string, help: string, labels: L): Gauge<L>
  /** `buckets` are upper bounds in the metric's own unit, ascending; `+Inf` is added. */
  histogram<L extends LabelValues>(name: string, help: string, labels: L, buckets: readonly number[]): Histogram<L>
  /** The whole registry as text, with the process's own memory and start time. */
  render(): string
}

const maxSeries = 2_000
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'
/** Seconds. From a cached decision to a slow model. */
export const durationBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]

type Family = { lines(): string[] }

export function createMetrics(): MetricsRegistry {
  const families = new Map<string, Family>()
  const add = <F extends Family>(name: string, family: F): F => {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new TypeError(`${name} is no metric name`)
    if (families.has(name)) throw new TypeError(`the metric ${name} is made twice`)
    families.set(name, family)
    return family
  }
  return {
    counter: (name, help, labels) => {
      const series = seriesOf(labels)
      add(name, { lines: () => [...header(name, help, 'counter'), ...valueLines(name, series)] })
      return { increment: (at, by = 1) => bump(series, keyOf(labels, at), by) }
    },
    gauge: (name, help, labels) => {
      const series = seriesOf(labels)
      add(name, { lines: () => [...header(name, help, 'gauge'), ...valueLines(name, series)] })
      return {
        set: (at, value) => void series.set(keyOf(labels, at), value),
        add: (at, by) => bump(series, keyOf(labels, at), by),
      }
    },
    histogram: (name, help, labels, buckets) => {
      const series = new Map(
        [...seriesOf(labels).keys()].map((key) => [key, { counts: buckets.map(() => 0), sum: 0, count: 0 }]),
      )
      add(name, { lines: () => [...header(name, help, 'histogram'), ...histogramLines(name, buckets, series)] })
      return {
        observe: (at, value) => {
          const one = series.get(keyOf(labels, at))
          if (!one) return
          one.sum += value
          one.count += 1
          buckets.forEach((bound, index) => {
            if (value <= bound) one.counts[index] = (one.counts[index] ?? 0) + 1
          })
        },
      }
    },
    render: () => `${[...families.values(), processFamily].flatMap((family) => family.lines()).join('\n')}\n`,
  }
}

function header(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`]
}

function seriesOf(labels: LabelValues): Map<string, number> {
  let keys = ['']
  for (const [name, values] of Object.entries(labels)) {
    const all = values.includes('other') ? values : [...values, 'other']
    keys = keys.flatMap((key) => all.map((value) => `${key}${key && ','}${name}="${escapeValue(value)}"`))
    if (keys.length > maxSeries) throw new TypeError(`more than ${maxSeries} series: a label is not bounded enough`)
  }
  return new Map(keys.map((key) => [key, 0]))
}

function keyOf<L extends LabelValues>(labels: L, at: Labels<L>): string {
  return Object.entries(labels)
    .map(([name, values]) => `${name}="${escapeValue(values.includes(at[name] ?? '') ? (at[name] ?? '') : 'other')}"`)
    .join(',')
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function bump(series: Map<string, number>, key: string, by: number): void {
  series.set(key, (series.get(key) ?? 0) + by)
}

function valueLines(name: string, series: Map<string, number>): string[] {
  return [...series].map(([key, value]) => `${name}${key && `{${key}}`} ${value}`)
}

function histogramLines(
  name: string,
  buckets: readonly number[],
  series: Map<string, { counts: number[]; sum: number; count: number }>,
): string[] {
  return [...series].flatMap(([key, one]) => {
    const bucket = (bound: string, count: number) => `${name}_bucket{${key}${key && ','}le="${bound}"} ${count}`
    return [
      ...buckets.map((bound, index) => bucket(String(bound), one.counts[index] ?? 0)),
      bucket('+Inf', one.count),
      `${name}_sum${key && `{${key}}`} ${one.sum}`,
      `${name}_count${key && `{${key}}`} ${one.count}`,
    ]
  })
}

const startedAtSeconds = Math.round(Date.now() / 1000 - process.uptime())
const processFamily: Family = {
  lines: () => [
    ...header('process_resident_memory_bytes', 'Resident memory of this process.', 'gauge'),
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    ...header('process_start_time_seconds', 'When this process started, since 1970.', 'gauge'),
    `process_start_time_seconds ${startedAtSeconds}`,
  ],
}
