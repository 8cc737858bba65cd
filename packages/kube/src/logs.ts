import type http from 'node:http'
import type { KubeApi } from './api.ts'
import type { Request } from './connection.ts'
import { readLines } from './lines.ts'
import { objectPath, queryString } from './paths.ts'
import { resources } from './resources.ts'
import { errorOfSilence } from './status.ts'

export type OpenStream = (request: Request) => Promise<http.IncomingMessage>

/** The rest of a longer line is left out: no container may fill our memory by never ending a line. */
export const maxLogLineLength = 256 * 1024

const followIdleMs = 24 * 3_600_000

/**
 * The lines of a container's log. A break of the connection throws `unavailable`; an abort ends it quietly. Without
 * `follow` it ends at the present end of the log, with `follow` when the container has ended.
 */
export async function* readLog(
  stream: OpenStream,
  ref: Parameters<KubeApi['logs']>[0],
  options: Parameters<KubeApi['logs']>[1],
  signal: AbortSignal,
): AsyncGenerator<string> {
  const path = objectPath(resources.pods, { namespace: ref.namespace, name: ref.pod }, 'log') + queryString(options)
  let answer: http.IncomingMessage
  try {
    answer = await stream({
      method: 'GET',
      path,
      headers: { accept: '*/*' },
      signal,
      idleMs: options.follow ? followIdleMs : 60_000,
    })
  } catch (error) {
    if (signal.aborted) return
    throw error
  }
  try {
    yield* readLines(answer, maxLogLineLength)
  } catch (error) {
    if (!signal.aborted) throw errorOfSilence(error)
  } finally {
    answer.destroy()
  }
}
