import { type FileHandle, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@keelson/process/clock'
import type { NodeApi } from '../client.ts'
import { StatusError } from '../status-error.ts'
import { type Attempt, refreshAttempt } from './attempt.ts'
import { parseCriLine } from './cri-log.ts'
import type { ContainerView } from './pod-plan.ts'

type LogOptions = Parameters<NodeApi['readLog']>[1]

const followPollMs = 100
const chunkBytes = 64 * 1024

/** Lines of an attempt's log after the options' filters, as bytes. With `follow` it ends when the container has ended. */
export async function* readAttemptLog(
  attempt: Attempt,
  options: LogOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = join(attempt.dir, 'log')
  const handle = await openWhenThere(file, options.follow, clock, signal)
  if (handle === null) return
  try {
    const since = sinceTime(options, clock)
    const start = options.tailLines === undefined ? 0 : await tailStart(handle, options.tailLines)
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY
    let inLine = false
    for await (const line of fileLines(handle, start, attempt, options.follow, clock, signal)) {
      const parsed = parseCriLine(line)
      if (parsed === null || (since !== null && parsed.time < since)) continue
      const stamp = options.timestamps && !inLine ? `${parsed.time} ` : ''
      inLine = parsed.partial
      const bytes = Buffer.from(`${stamp}${parsed.text}${parsed.partial ? '' : '\n'}`)
      yield bytes.subarray(0, left)
      left -= bytes.length
      if (left <= 0) return
    }
  } finally {
    await handle.close()
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

async function openWhenThere(
  file: string,
  follow: boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<FileHandle | null> {
  for (let tries = 0; !signal.aborted; tries += 1) {
    const handle = await open(file, 'r').catch(() => null)
    if (handle !== null || !follow || tries > 50) return handle
    await clock.sleep(followPollMs, signal)
  }
  return null
}

/** The offset from which the last `count` whole lines of text stand; pieces of one line count once. */
async function tailStart(handle: FileHandle, count: number): Promise<number> {
  const { size } = await handle.stat()
  if (count <= 0) return size
  let text = Buffer.alloc(0)
  let from = size
  while (from > 0) {
    const length = Math.min(chunkBytes, from)
    const chunk = Buffer.alloc(length)
    await handle.read(chunk, 0, length, from - length)
    from -= length
    text = Buffer.concat([chunk, text])
    const starts = lineStarts(text, from === 0)
    if (starts.length >= count) return from + (starts[starts.length - count] ?? 0)
  }
  return 0
}

/** Where the lines of text begin: after each `F` record, not after a `P` one. */
function lineStarts(text: Buffer, whole: boolean): number[] {
  const starts: number[] = whole && text.length > 0 ? [0] : []
  let partial = false
  let from = 0
  for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, from)) {
    const record = parseCriLine(text.toString('utf8', from, Math.min(end, from + 64)))
    partial = record?.partial ?? false
    from = end + 1
    if (!partial && from < text.length) starts.push(from)
  }
  return starts
}

async function* fileLines(
  handle: FileHandle,
  start: number,
  attempt: Attempt,
  follow: boolean,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let rest = Buffer.alloc(0)
  let at = start
  let state = attempt
  const chunk = Buffer.alloc(chunkBytes)
  for (;;) {
    if (signal.aborted) return
    // Looked at before the read: what was written before the end is then read for sure.
    if (follow && state.exit === null) state = await refreshAttempt(state, () => clock.now())
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, at)
    if (bytesRead === 0) {
      if (!follow || state.exit !== null) return
      await clock.sleep(followPollMs, signal)
      continue
    }
    at += bytesRead
    rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
    let from = 0
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
      yield rest.toString('utf8', from, end)
      from = end + 1
    }
    rest = rest.subarray(from)
  }
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
