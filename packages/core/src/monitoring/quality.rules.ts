import type { QualityPoint } from '@keelson/contracts/monitoring'
import type { z } from 'zod'
import { rocAuc } from './drift/statistics.ts'

/** A prediction whose truth is known. */
export type Labelled = { at: Date; prediction: unknown; scores: Record<string, number> | null; label: unknown }
export type Quality = { labelled: number; accuracy: number | null; rocAuc: number | null }

/**
 * A label as one word, so that 1, "1", 1.0 and true are the same class whichever way the label came: files and models do not
 * agree on how to write a class. Null where it is no scalar.
 */
export function classOf(value: unknown): string | null {
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null
  if (typeof value !== 'string') return null
  const text = value.trim()
  return text !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : text
}

/** Accuracy over the rows whose prediction is a class; ROC AUC over those with the probabilities of two classes. */
export function qualityOf(rows: readonly Labelled[]): Quality {
  const classed = rows
    .map((row) => ({ truth: classOf(row.label), said: classOf(row.prediction) }))
    .filter((row) => row.truth !== null && row.said !== null)
  const right = classed.filter((row) => row.truth === row.said).length
  return { labelled: rows.length, accuracy: classed.length === 0 ? null : right / classed.length, rocAuc: aucOf(rows) }
}

function aucOf(rows: readonly Labelled[]): number | null {
  const positives: boolean[] = []
  const scores: number[] = []
  for (const row of rows) {
    const keys = Object.keys(row.scores ?? {})
    const truth = classOf(row.label)
    if (row.scores === null || keys.length !== 2 || truth === null) continue
    // scikit-learn's order of classes: the greater one is the positive one.
    const [negative = '', positive = ''] = keys.sort(compareClasses)
    if (truth !== classOf(negative) && truth !== classOf(positive)) continue
    positives.push(truth === classOf(positive))
    scores.push(row.scores[positive] ?? 0)
  }
  return rocAuc(positives, scores)
}

function compareClasses(one: string, other: string): number {
  const [a, b] = [Number(one), Number(other)]
  if (one !== '' && other !== '' && Number.isFinite(a) && Number.isFinite(b)) return a - b
  return one < other ? -1 : 1
}

/** The same in windows of `stepMs`, oldest first. */
export function qualitySeries(rows: readonly Labelled[], stepMs: number): z.infer<typeof QualityPoint>[] {
  const windows = new Map<number, Labelled[]>()
  for (const row of rows) {
    const start = Math.floor(row.at.getTime() / stepMs) * stepMs
    const window = windows.get(start)
    if (window) window.push(row)
    else windows.set(start, [row])
  }
  return [...windows]
    .sort(([one], [other]) => one - other)
    .map(([start, window]) => ({ at: new Date(start).toISOString(), ...qualityOf(window) }))
}
