/**
 * What MLflow's tracking server takes and refuses, with its own messages (`mlflow/utils/validation.py` of 3.17.2): clients
 * and their tests match the text. Pure.
 */
import { AppError } from '@keelson/process/app-error'
import { cut, lengthOf, normPath, pythonJson, pythonRepr } from './text.rules.ts'
import type { DatasetInput, LoggedMetric, Pair } from './tracked.ts'

export const limits = {
  metricsPerBatch: 1_000,
  paramsPerBatch: 100,
  tagsPerBatch: 100,
  entitiesPerBatch: 1_000,
  keyLength: 250,
  paramLength: 6_000,
  tagLength: 8_000,
  experimentNameLength: 500,
  experimentTagLength: 20_000,
  searchResults: 50_000,
  historyResults: 25_000,
} as const

export function invalid(message: string, field?: string): AppError {
  return new AppError('invalid', message, field === undefined ? {} : { faults: [{ field, message }] })
}

export function invalidValue(path: string, value: unknown, message?: string): AppError {
  const text = `Invalid value ${pythonJson(value)} for parameter '${path}' supplied`
  return invalid(message === undefined ? `${text}.` : `${text}: ${message}`, path)
}

export function missingValue(path: string): AppError {
  return invalid(`Missing value for required parameter '${path}'.`, path)
}

const badCharacters =
  'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).'

/** A key of a metric, parameter or tag: its characters, and that as a path it names only itself. */
export function checkKey(key: string, path: string): void {
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(key)) throw invalidValue(path, key, badCharacters)
  if (!isUniquePath(key)) throw invalidValue(path, key, badPath(key))
}

export function badPath(name: string): string {
  return `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to ${pythonRepr(normPath(name))}`
}

export function isUniquePath(name: string): boolean {
  const normal = normPath(name)
  return normal === name && normal !== '.' && !normal.startsWith('..') && !normal.startsWith('/')
}

export function checkLength(what: string, limit: number, value: string): void {
  if (value.length > limit && lengthOf(value) > limit)
    throw invalid(`'${what}' exceeds the maximum length of ${limit} characters`)
}

export function checkMetric(metric: LoggedMetric, prefix: string): void {
  const at = (field: string) => (prefix === '' ? field : `${prefix}.${field}`)
  checkKey(metric.key, at('name'))
  if (metric.timeMs < 0)
    throw invalidValue(
      at('timestamp'),
      metric.timeMs,
      `metric '${metric.key}' (value=${metric.value}). Timestamp must be a nonnegative long (64-bit integer) `,
    )
  checkLength('Metric name', limits.keyLength, metric.key)
}

/** Checks a parameter and cuts its value to the limit, as the peer does by default. */
export function checkedParam(param: Pair, prefix = ''): Pair {
  checkKey(param.key, prefix === '' ? 'key' : `${prefix}.key`)
  checkLength('Param key', limits.keyLength, param.key)
  return { key: param.key, value: cut(param.value, limits.paramLength) }
}

export function checkedTag(tag: Pair, prefix = ''): Pair {
  const path = prefix === '' ? 'key' : `${prefix}.key`
  checkKey(tag.key, path)
  checkLength(path, limits.keyLength, tag.key)
  return { key: tag.key, value: cut(tag.value, limits.tagLength) }
}

export function checkExperimentTag(tag: Pair): void {
  checkKey(tag.key, 'key')
  checkLength('key', limits.keyLength, tag.key)
  checkLength('value', limits.experimentTagLength, tag.value)
}

export function checkExperimentName(name: string): void {
  if (name === '') throw invalid("Invalid experiment name: ''", 'name')
  checkLength('name', limits.experimentNameLength, name)
}

const ownLocations = /^(mlflow-artifacts|https?|s3|gs|wasbs?|abfss?|dbfs|hdfs|viewfs|oss|r2|b2|sftp|ftp):/i

/** Takes the platform's own store or a remote one; a path of the server's disk or a `runs:/` one is refused. */
export function checkArtifactLocation(location: string): void {
  if (/^runs:/i.test(location)) throw invalid(`Artifact location cannot be a runs:/ URI. Given: '${location}'`)
  if (!ownLocations.test(location))
    throw invalid(
      `Invalid artifact location '${location}': give a URI of a remote store (mlflow-artifacts, s3, gs, wasbs, abfss, http …). A path of the server is not one.`,
      'artifact_location',
    )
  if (/[?#]|(^|[/\\])\.\.([/\\]|$)|%2e|%2f|%5c|%00/i.test(location))
    throw invalid(
      `Invalid artifact location '${location}': no query, fragment, '..' or encoded separators.`,
      'artifact_location',
    )
  checkLength('artifact_location', 2_048, location)
}

const runIdPattern = /^[a-zA-Z0-9][\p{L}\p{N}_-]{0,255}$/u

export function checkRunId(runId: string): void {
  if (!runIdPattern.test(runId)) throw invalidValue('run_id', runId)
}

/** The numeric form of an experiment id; `0` (and nothing) means the workspace's default experiment. */
export function parseExperimentId(id: string): bigint {
  const text = id.trim()
  if (!/^[+-]?\d{1,19}$/.test(text))
    throw invalid(`Invalid experiment ID '${id}'. Experiment ID must be a valid integer.`, 'experiment_id')
  const parsed = BigInt(text)
  return parsed > 9_223_372_036_854_775_807n || parsed < 0n ? -1n : parsed
}

export type Batch = { metrics: readonly LoggedMetric[]; params: readonly Pair[]; tags: readonly Pair[] }

/** A batch whose every entry is good, with long values cut, repeated tags merged (the last wins). Throws at the first fault. */
export function checkedBatch(batch: Batch): { metrics: readonly LoggedMetric[]; params: Pair[]; tags: Pair[] } {
  for (const [index, metric] of batch.metrics.entries()) checkMetric(metric, `metrics[${index}]`)
  const params = batch.params.map((param, index) => checkedParam(param, `params[${index}]`))
  const tags = batch.tags.map((tag, index) => checkedTag(tag, `tags[${index}]`))
  checkCount('metrics', limits.metricsPerBatch, batch.metrics.length)
  checkCount('params', limits.paramsPerBatch, params.length)
  checkCount('tags', limits.tagsPerBatch, tags.length)
  checkCount('metrics, params, and tags', limits.entitiesPerBatch, batch.metrics.length + params.length + tags.length)
  checkDistinct(params)
  return { metrics: batch.metrics, params, tags: lastOfEachKey(tags) }
}

function checkCount(what: string, limit: number, count: number): void {
  if (count > limit)
    throw invalid(
      `A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. Please split up ${what} across multiple requests and try again.`,
    )
}

function checkDistinct(params: readonly Pair[]): void {
  const seen = new Set<string>()
  const repeated: string[] = []
  for (const { key } of params) {
    if (seen.has(key)) repeated.push(key)
    seen.add(key)
  }
  if (repeated.length > 0)
    throw invalid(
      `Duplicate parameter keys have been submitted: [${repeated.map(pythonRepr).join(', ')}]. Please ensure the request contains only one param value per param key.`,
    )
}

export function lastOfEachKey(pairs: readonly Pair[]): Pair[] {
  return [...new Map(pairs.map((pair) => [pair.key, pair])).values()]
}

export function checkDatasets(datasets: readonly DatasetInput[]): void {
  for (const dataset of datasets) {
    checkLength('name', 500, dataset.name)
    checkLength('digest', 36, dataset.digest)
    checkLength('source', 65_535, dataset.source)
    checkLength('schema', 1_048_575, dataset.schema ?? '')
    checkLength('profile', 16_777_215, dataset.profile ?? '')
    for (const tag of dataset.tags) {
      checkLength('key', 255, tag.key)
      checkLength('value', 500, tag.value)
    }
  }
}

export function checkLoggedModelName(name: string): void {
  if (name === '' || /[/:.%"']/.test(name))
    throw invalid(
      `Invalid model name (${pythonRepr(name)}) provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
    )
}

/** The page size of a search that demands one. */
export function checkMaxResults(maxResults: number, most: number = limits.searchResults): void {
  if (maxResults < 1)
    throw invalid(`Invalid value ${maxResults} for parameter 'max_results' supplied. It must be a positive integer`)
  if (maxResults > most)
    throw invalid(`Invalid value ${maxResults} for parameter 'max_results' supplied. It must be at most ${most}`)
}

const largest = Number.MAX_VALUE

/** How a value is stored: NaN as 0 with a mark, infinities as the greatest doubles (MLflow gives them back so). */
export function storedValue(value: number): { value: number; isNan: boolean } {
  if (Number.isNaN(value)) return { value: 0, isNan: true }
  if (!Number.isFinite(value)) return { value: value > 0 ? largest : -largest, isNan: false }
  return { value, isNan: false }
}
