import { type FileHandle, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@keelson/process/clock'
import type { NodeApi } from '../client.ts'
import { StatusError } from '../status-error.ts'
import { type Attempt, refreshAttempt } from './attempt.ts'
import { logFile, logNumbers, parseCriRecord } from './cri-log.ts'
import type { ContainerView } from './pod-plan.ts'

type LogOptions = Parameters<NodeApi['readLog']>[1]
/** A place in an attempt's log: the number of a file, and bytes. */
type Position = { number: number; offset: number }

const chunkBytes = 64 * 1024
/** Longer than any record that the shim writes; more without an end of line is not one. */
const longestRecord = 256 * 1024
const shortestPollMs = 50
const longestPollMs = 400
/** How often a follower looks whether the shim is still there; that an attempt has ended it sees at once. */
const lostCheckMs = 2_000
const waitForFileMs = 5_000

/**
 * Lines of an attempt's log after the options' filters, as bytes, some 64 KiB at a time. It reads no faster than it is asked.
 * With `follow` it ends when the container has ended; otherwise where the log ended when it was asked for.
 */
export async function* readAttemptLog(
  attempt: Attempt,
  options: LogOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const shape = shaper(options, clock)
  for await (const records of logRecords(attempt, options, clock, signal)) {
    const { text, isFull } = shape(records)
    if (text.length > 0) yield text
    if (isFull) return
  }
}

const newline = Buffer.from('\n')

/** Makes lines of whole records: leaves out what is too old, joins pieces, puts the time before a line, ends at the limit. */
function shaper(options: LogOptions, clock: Clock): (records: Buffer) => { text: Buffer; isFull: boolean } {
  const since = sinceTime(options, clock)
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  let inLine = false
  return (records) => {
    const parts: Buffer[] = []
    let from = 0
    for (let end = records.indexOf(10); end >= 0; end = records.indexOf(10, from)) {
      const record = parseCriRecord(records, from, end)
      const start = from
      from = end + 1
      if (record === null) continue
      if (since !== null && records.toString('latin1', start, record.timeEnd) < since) continue
      if (options.timestamps && !inLine) parts.push(records.subarray(start, record.timeEnd + 1))
      parts.push(records.subarray(record.textFrom, end))
      if (!record.partial) parts.push(newline)
      inLine = record.partial
    }
    const text = Buffer.concat(parts)
    const taken = text.length > left ? text.subarray(0, left) : text
    left -= taken.length
    return { text: taken, isFull: left <= 0 }
  }
}

/** Times of the file have nine decimals and end in Z, so that they compare as text. */
function sinceTime(options: LogOptions, clock: Clock): string | null {
  const at =
    options.sinceTime !== undefined
      ? Date.parse(options.sinceTime)
      : options.sinceSeconds !== undefined
        ? clock.now().getTime() - options.sinceSeconds * 1000
        : null
  return at === null || Number.isNaN(at) ? null : new Date(at).toISOString().replace('Z', '')
}

/** Whole records, from file to file. */
async function* logRecords(
  attempt: Attempt,
  { follow, tailLines }: LogOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const { dir } = attempt
  const numbers = await numbersWhenThere(dir, follow, clock, signal)
  const last = numbers.at(-1)
  const [first] = numbers
  if (first === undefined || last === undefined) return
  const until = follow ? null : { number: last, offset: await sizeOf(logFile(dir, last)) }
  const begin = tailLines === undefined ? { number: first, offset: 0 } : await tailStart(dir, numbers, tailLines)
  const source = new LogSource(dir, begin, until)
  const ended = endWatch(attempt, clock)
  let idleSince = clock.now().getTime()
  try {
    while (!signal.aborted) {
      const records = await source.next()
      if (records !== null) {
        idleSince = clock.now().getTime()
        yield records
        continue
      }
      // What was written before these two facts is read once more before they count.
      const over = !follow || (await ended())
      const after = (await logNumbers(dir)).find((number) => number > source.number)
      const late = await source.next()
      if (late !== null) yield late
      else if (after !== undefined && (until === null || after <= until.number)) await source.moveTo(after)
      else if (over) return
      else {
        const idleMs = clock.now().getTime() - idleSince
        await clock.sleep(Math.min(longestPollMs, shortestPollMs + idleMs / 10), signal)
      }
    }
  } finally {
    await source.close()
  }
}

/** Reads one log file after the other; a file that is removed meanwhile is read to its end. */
class LogSource {
  number: number
  private offset: number
  private readonly dir: string
  private readonly until: Position | null
  private handle: FileHandle | null = null
  private readonly chunk = Buffer.alloc(chunkBytes)
  private rest = Buffer.alloc(0)

  constructor(dir: string, begin: Position, until: Position | null) {
    this.dir = dir
    this.number = begin.number
    this.offset = begin.offset
    this.until = until
  }

  /** The next whole records of this file; null when there are none now. */
  async next(): Promise<Buffer | null> {
    this.handle ??= await open(logFile(this.dir, this.number), 'r').catch(() => null)
    if (this.handle === null) return null
    for (;;) {
      const most =
        this.until?.number === this.number ? Math.min(chunkBytes, this.until.offset - this.offset) : chunkBytes
      if (most <= 0) return null
      const { bytesRead } = await this.handle.read(this.chunk, 0, most, this.offset)
      if (bytesRead === 0) return null
      this.offset += bytesRead
      const bytes = Buffer.concat([this.rest, this.chunk.subarray(0, bytesRead)])
      const end = bytes.lastIndexOf(10) + 1
      this.rest = bytes.length - end > longestRecord ? Buffer.alloc(0) : bytes.subarray(end)
      if (end > 0) return bytes.subarray(0, end)
    }
  }

  async moveTo(number: number): Promise<void> {
    await this.close()
    this.number = number
    this.offset = 0
    this.rest = Buffer.alloc(0)
  }

  async close(): Promise<void> {
    await this.handle?.close()
    this.handle = null
  }
}

/** Whether the attempt has ended: a look at one file, and now and then at the shim itself, which may have been killed. */
function endWatch(attempt: Attempt, clock: Clock): () => Promise<boolean> {
  let state = attempt
  let lookAt = 0
  return async () => {
    const now = clock.now().getTime()
    const marked = state.exit === null && (await stat(join(attempt.dir, 'exit.json')).catch(() => null)) !== null
    if (state.exit === null && (marked || now >= lookAt)) {
      lookAt = now + lostCheckMs
      state = await refreshAttempt(state, () => clock.now())
    }
    return state.exit !== null
  }
}

async function numbersWhenThere(dir: string, follow: boolean, clock: Clock, signal: AbortSignal): Promise<number[]> {
  const giveUpAt = clock.now().getTime() + waitForFileMs
  for (;;) {
    const numbers = await logNumbers(dir)
    if (numbers.length > 0 || !follow || signal.aborted || clock.now().getTime() > giveUpAt) return numbers
    await clock.sleep(shortestPollMs, signal)
  }
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  )

/** From where the last `count` lines of text stand; pieces of one line count once (but for those in two files). */
async function tailStart(dir: string, numbers: readonly number[], count: number): Promise<Position> {
  let missing = count
  for (const number of numbers.toReversed()) {
    const file = logFile(dir, number)
    if (missing <= 0) return { number, offset: await sizeOf(file) }
    const starts = await lastLineStarts(file, missing)
    if (starts.length >= missing) return { number, offset: starts.at(-missing) ?? 0 }
    missing -= starts.length
  }
  return { number: numbers[0] ?? 0, offset: 0 }
}

/** Where lines begin, as many as are needed: looks at the end of the file first, and at more of it only when it must. */
async function lastLineStarts(file: string, needed: number): Promise<number[]> {
  const handle = await open(file, 'r').catch(() => null)
  if (handle === null) return []
  try {
    const { size } = await handle.stat()
    for (let window = chunkBytes; ; window *= 8) {
      const from = Math.max(0, size - window)
      const bytes = Buffer.alloc(size - from)
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, from)
      const starts = lineStarts(bytes.subarray(0, bytesRead), from === 0)
      if (from === 0 || starts.length >= needed) return starts.map((start) => from + start)
    }
  } finally {
    await handle.close()
  }
}

/** Where the lines of text begin: after each `F` record, not after a `P` one. */
function lineStarts(bytes: Buffer, isWhole: boolean): number[] {
  const starts: number[] = isWhole && bytes.length > 0 ? [0] : []
  let from = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    const record = parseCriRecord(bytes, from, end)
    from = end + 1
    if (record !== null && !record.partial && from < bytes.length) starts.push(from)
  }
  return starts
}

/** The attempt whose log is meant. Throws BadRequest with the texts of the kubelet and the API server. */
export async function attemptToRead(
  views: readonly ContainerView[],
  pod: { namespace: string; name: string },
  options: LogOptions,
): Promise<Attempt> {
  const view = chooseContainer(views, pod.name, options.container)
  const name = view.spec.name
  const attempt = options.previous ? view.previous : view.current
  if (attempt !== null && (await stat(join(attempt.dir, 'spec.json')).catch(() => null))) return attempt
  if (options.previous) throw badRequest(`previous terminated container "${name}" in pod "${pod.name}" not found`)
  const reason =
    view.waiting?.reason ?? (view.init || views.every((each) => !each.init) ? 'ContainerCreating' : 'PodInitializing')
  const trouble =
    { ErrImagePull: "image can't be pulled", ImagePullBackOff: 'trying and failing to pull image' }[reason] ?? reason
  throw badRequest(`container "${name}" in pod "${pod.name}" is waiting to start: ${trouble}`)
}

function chooseContainer(views: readonly ContainerView[], pod: string, asked: string | undefined): ContainerView {
  if (asked !== undefined && asked !== '') {
    const view = views.find((each) => each.spec.name === asked)
    if (view) return view
    throw badRequest(`container ${asked} is not valid for pod ${pod}`)
  }
  const mains = views.filter((view) => !view.init)
  const [only] = mains
  if (only !== undefined && mains.length === 1) return only
  throw badRequest(
    `a container name must be specified for pod ${pod}, choose one of: [${mains.map((view) => view.spec.name).join(' ')}]`,
  )
}

const badRequest = (message: string) => new StatusError(400, 'BadRequest', message)
