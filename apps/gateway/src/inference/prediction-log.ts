/**
 * The prediction log's buffer: takes calls after their answer is out, reads features and predictions from the bodies when it
 * writes, and writes in batches. It never waits for the database on the inference path and never grows beyond its bound:
 * what does not fit is counted and dropped.
 */
import type { BaseCtx } from '@keelson/core/context'
import { type CallShape, insertCalls, type LoggedBatch, type LoggedCall, parseCall } from '@keelson/core/monitoring'
import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { RunningService, Service } from '@keelson/process/service'

export type LogEntry = { call: LoggedCall; request: Buffer; response: Buffer }

export type PredictionLogCounts = { taken: number; written: number; absorbed: number; dropped: number; refused: number }

export type PredictionLog = {
  /** Takes a call, or counts it as dropped. Never throws, never waits. */
  offer(entry: LogEntry): void
  counts(): Readonly<PredictionLogCounts & { waiting: number }>
  /** Writes what is there now. Throws when the database does not take it; nothing is lost by that. */
  flush(): Promise<void>
  service: Service
}

export type PredictionLogOptions = {
  db: BaseCtx['db']
  clock: Clock
  log: Logger
  /** Names of a model's inputs and classes. */
  shapeOf(call: LoggedCall): Promise<CallShape>
  maxEntries?: number
  maxBytes?: number
  flushMs?: number
}

/** At 300 requests a second a minute without Postgres fits. */
const defaultMaxEntries = 20_000
const defaultMaxBytes = 64 * 1024 * 1024
const defaultFlushMs = 250
const batchEntries = 250
/** A larger body is logged as a request without its rows. */
const maxParsedBytes = 8 * 1024 * 1024
const retryMs = 1_000
const stopMs = 2_500

export function createPredictionLog(options: PredictionLogOptions): PredictionLog {
  const { maxEntries = defaultMaxEntries, maxBytes = defaultMaxBytes, flushMs = defaultFlushMs, log } = options
  const waiting: LogEntry[] = []
  const counts: PredictionLogCounts = { taken: 0, written: 0, absorbed: 0, dropped: 0, refused: 0 }
  let bytes = 0
  let flushing: Promise<void> | null = null

  const offer = (entry: LogEntry) => {
    const size = entry.request.length + entry.response.length
    if (waiting.length >= maxEntries || bytes + size > maxBytes) {
      counts.dropped += 1
      return
    }
    waiting.push(entry)
    bytes += size
    counts.taken += 1
  }
  const writeOnce = async () => {
    const batch = waiting.slice(0, batchEntries)
    const ready = await Promise.all(batch.map((entry) => readEntry(entry, options.shapeOf)))
    await writeBatch(options.db, ready, counts, log)
    // Only now: a batch that could not be written stays at the front, and its ids absorb what was half done.
    waiting.splice(0, batch.length)
    bytes -= batch.reduce((sum, entry) => sum + entry.request.length + entry.response.length, 0)
  }
  const flush = (): Promise<void> => {
    flushing ??= (async () => {
      while (waiting.length > 0) await writeOnce()
    })().finally(() => {
      flushing = null
    })
    return flushing
  }
  return {
    offer,
    flush,
    counts: () => ({ ...counts, waiting: waiting.length }),
    service: serviceOf(options, flush, () => ({ ...counts, waiting: waiting.length }), flushMs),
  }
}

async function readEntry(entry: LogEntry, shapeOf: PredictionLogOptions['shapeOf']): Promise<LoggedBatch[number]> {
  const { call, request, response } = entry
  if (request.length > maxParsedBytes || response.length > maxParsedBytes) return { call, rows: [] }
  const shape = call.status === 200 ? await shapeOf(call) : { inputs: [], classes: [] }
  const parsed = parseCall(call, { request: request.toString(), response: response.toString() }, shape)
  return { call: { ...call, requestId: parsed.requestId }, rows: parsed.rows }
}

/** A batch that the database refuses for its content is written call by call, so that one bad call does not stop the log. */
async function writeBatch(
  db: BaseCtx['db'],
  batch: LoggedBatch,
  counts: PredictionLogCounts,
  log: Logger,
): Promise<void> {
  const write = async (part: LoggedBatch) => {
    const { requests } = await insertCalls(db, part)
    counts.written += requests
    counts.absorbed += part.length - requests
  }
  try {
    await write(batch)
  } catch (error) {
    if (!isRefusal(error)) throw error
    for (const one of batch) {
      await write([one]).catch((refused) => {
        if (!isRefusal(refused)) throw refused
        counts.refused += 1
        log.error('a prediction could not be kept', {
          name: one.call.endpoint,
          requestId: one.call.requestId,
          error: refused,
        })
      })
    }
  }
}

/** SQLSTATE class 22 and 23: the data, not the database. */
function isRefusal(error: unknown): boolean {
  const meta = typeof error === 'object' && error !== null && 'meta' in error ? JSON.stringify(error.meta) : ''
  return /"(?:code|originalCode)":"2[23]\w{3}"/.test(meta)
}

function serviceOf(
  options: PredictionLogOptions,
  flush: () => Promise<void>,
  counts: PredictionLog['counts'],
  flushMs: number,
): Service {
  return {
    name: 'prediction-log',
    start: async (): Promise<RunningService> => {
      const stopping = new AbortController()
      const loop = run(options, flush, counts, flushMs, stopping.signal)
      return {
        done: loop,
        stop: async () => {
          stopping.abort()
          await loop
          const left = await Promise.race([flush().catch(() => {}), options.clock.sleep(stopMs)]).then(() => counts())
          if (left.waiting > 0) options.log.error('predictions were lost at the end', { ...left })
          else options.log.info('the prediction log is written', { ...left })
        },
      }
    },
  }
}

async function run(
  options: PredictionLogOptions,
  flush: () => Promise<void>,
  counts: PredictionLog['counts'],
  flushMs: number,
  signal: AbortSignal,
): Promise<void> {
  let dropped = 0
  let failing = false
  while (!signal.aborted) {
    try {
      await flush()
      if (failing) options.log.info('the prediction log is written again', { ...counts() })
      failing = false
    } catch (error) {
      if (!failing) options.log.warn('the prediction log waits for the database', { error, ...counts() })
      failing = true
    }
    const now = counts().dropped
    if (now > dropped) options.log.error('predictions do not fit the log', { ...counts() })
    dropped = now
    await options.clock.sleep(failing ? retryMs : flushMs, signal)
  }
}
