import type { FeatureDrift } from '@keelson/contracts/monitoring'
import type { Table } from './csv.rules.ts'
import { compareFeature, driftShare, type Sample } from './drift/feature-drift.ts'
import type { LoggedPrediction } from './logged-call.ts'

export type DriftFigures = { share: number; drifted: boolean; features: FeatureDrift[] }

const missing = ['', 'nan', 'NaN', 'NULL', 'null', 'None', 'inf', '-inf']

/**
 * Compares the logged features with the training rows, feature by feature. Only features that both have are compared; a
 * reference column of numbers makes a feature of numbers.
 */
export function compareWithReference(reference: Table, current: readonly LoggedPrediction['features'][]): DriftFigures {
  const seen = new Set(current.flatMap((features) => Object.keys(features)))
  const features = reference.columns
    .filter((column) => seen.has(column))
    .map((column) => {
      const before = referenceSample(reference.values.get(column) ?? [])
      return compareFeature(
        column,
        before,
        currentSample(
          before.kind,
          current.map((row) => row[column] ?? null),
        ),
      )
    })
  const compared = features.filter((feature) => feature.score !== null)
  const share = compared.length === 0 ? 0 : compared.filter((feature) => feature.drifted).length / compared.length
  return { share, drifted: compared.length > 0 && share >= driftShare, features: bySeverity(features) }
}

/** Drifted ones first, then as the table has them. */
function bySeverity(features: FeatureDrift[]): FeatureDrift[] {
  return features.toSorted((one, other) => Number(other.drifted) - Number(one.drifted))
}

/** Missing and infinite values are left out, as the comparisons want it. */
export function referenceSample(texts: readonly string[]): Sample {
  const present = texts.filter((text) => !missing.includes(text))
  const numbers = present.map(Number)
  if (present.length > 0 && numbers.every(Number.isFinite))
    return { kind: 'number', values: Float64Array.from(numbers) }
  return { kind: 'category', values: present }
}

function currentSample(kind: Sample['kind'], values: readonly (string | number | boolean | null)[]): Sample {
  const present = values.filter((value) => value !== null && value !== '')
  if (kind === 'category') return { kind, values: present.map(String) }
  return { kind, values: Float64Array.from(present.map(Number).filter(Number.isFinite)) }
}
