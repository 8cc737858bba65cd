/** A process on the channels of a WebSocket: input, outputs, terminal size, and at the end its exit status. */
import type { Readable } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ProcessStreams } from '../client.ts'
import { isObject } from '../schema/node.ts'
import { toStatusError } from '../status-error.ts'
import { type ChannelProtocol, Channels } from './channels.ts'

const stdin = 0
const stdout = 1
const stderr = 2
const status = 3
const resize = 4

/**
 * Serves until the process has ended or the client is gone. `command` is what was run, for the message of a failure;
 * null for a container that was joined, whose end is always a success of the connection.
 */
export async function serveProcess(
  webSocket: WebSocket,
  protocol: ChannelProtocol,
  wanted: { stdin: boolean; stdout: boolean; stderr: boolean },
  streams: ProcessStreams,
  command: readonly string[] | null,
): Promise<void> {
  const channels = new Channels(webSocket, protocol)
  // Says to the client that the connection stands.
  await channels.send(wanted.stdout ? stdout : wanted.stderr ? stderr : status, Buffer.alloc(0))
  if (wanted.stdin && streams.stdin !== null) channels.reader(stdin).pipe(streams.stdin)
  readSizes(channels.reader(resize), streams)
  const outputs = [
    copy(streams.stdout, wanted.stdout ? channels.writer(stdout) : null),
    copy(streams.stderr, wanted.stderr ? channels.writer(stderr) : null),
  ]
  const outcome = Promise.all([streams.ended, ...outputs]).then(
    ([code]) => (command === null || code === 0 ? success : failedCommand(command, code, protocol)),
    notRun,
  )
  const result = await Promise.race([outcome, channels.gone.then(() => null)])
  if (result === null) return streams.hangUp()
  if (protocol.statusObject) await channels.send(status, Buffer.from(JSON.stringify(result)))
  else if (result.status === 'Failure') await channels.send(status, Buffer.from(result.message ?? ''))
  channels.close()
}

type Result = { metadata: object; status: 'Success' | 'Failure'; message?: string; [more: string]: unknown }

const success: Result = { metadata: {}, status: 'Success' }

/** `remotecommand.NonZeroExitCodeReason` with the exit code as its cause; the two ways to the process word it differently. */
function failedCommand(command: readonly string[], code: number, { closeSignal }: ChannelProtocol): Result {
  const why = closeSignal
    ? `command terminated with exit code ${code}`
    : `error executing command [${command.join(' ')}], exit code ${code}`
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: ${why}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }
}

function notRun(error: unknown): Result {
  const { kind: _kind, apiVersion: _version, ...body } = toStatusError(error).toBody()
  return body
}

/** Copies an output to its end; what nobody wants is read all the same, so that the process is not held up. */
function copy(from: Readable | null, to: NodeJS.WritableStream | null): Promise<void> {
  if (from === null) return Promise.resolve()
  if (to === null) from.resume()
  else from.pipe(to, { end: false })
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) from.once(event, () => resolve())
  })
}

/** Each message is `{"Width":80,"Height":24}` (`remotecommand.TerminalSize`); what cannot be read is passed over. */
function readSizes(reader: Readable, streams: ProcessStreams): void {
  reader.on('data', (chunk: Buffer) => {
    for (const message of chunk.toString('latin1').match(/\{[^{}]*\}/g) ?? []) {
      const size = sizeOf(message)
      if (size !== null) streams.resize(size)
    }
  })
}

function sizeOf(message: string): { columns: number; rows: number } | null {
  let size: unknown
  try {
    size = JSON.parse(message)
  } catch {
    return null
  }
  if (!isObject(size)) return null
  const [columns, rows] = [size.Width, size.Height]
  return isSize(columns) && isSize(rows) ? { columns, rows } : null
}

const isSize = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 65536
