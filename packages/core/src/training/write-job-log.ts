import type { LogLine } from '@keelson/contracts/training'
import type { Ctx } from '../context/index.ts'
import { readJobLogs } from './read-job-logs.ts'

/** Small, so that a page of long lines stays small in memory too. */
const pageLines = 500

/** All kept lines of a job, or of one replica or pod, as text in pieces: what is not taken is not read. Ends with what is kept now. */
export async function* writeJobLog(
  ctx: Ctx,
  input: { workspace: string; uid: string; podUid?: string | undefined; replica?: string | undefined },
): AsyncGenerator<string> {
  let after: string | undefined
  for (;;) {
    const page = await readJobLogs(ctx, { ...input, after, limit: pageLines })
    if (page.lines.length > 0) yield page.lines.map(toText).join('')
    if (page.lines.length < pageLines) return
    after = page.cursor
  }
}

function toText({ at, replica, container, text }: LogLine): string {
  return `${at} [${replica}/${container}] ${text}\n`
}
