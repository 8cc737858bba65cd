/** `GET /workspaces/WS/jobs/UID/log`: the kept lines of a job as one text file, read from the database only as fast as it is taken. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { WorkspaceName } from '@keelson/contracts/ids'
import { writeJobLog } from '@keelson/core/training'
import { AppError } from '@keelson/process/app-error'
import { type Adapter, callerOf, type FrontCall } from '../front/route.ts'

export function openJobs(): Adapter {
  return {
    routes: [{ name: 'job-log', pattern: '/workspaces/:workspace/jobs/:uid/log', maxBodyBytes: 0, handle: sendLog }],
    services: [],
  }
}

async function sendLog(call: FrontCall): Promise<void> {
  const { request, response, match, signal } = call
  if (request.method !== 'GET') throw new AppError('invalid', 'This address takes GET.')
  const workspace = WorkspaceName.safeParse(match.params.workspace)
  if (!workspace.success) throw new AppError('invalid', 'The address names no workspace.')
  const { uid = '' } = match.params
  const pieces = writeJobLog(callerOf(call), {
    workspace: workspace.data,
    uid,
    podUid: match.query.get('pod') ?? undefined,
    replica: match.query.get('replica') ?? undefined,
  })
  // The first piece before the head: a refusal, or a job that is not there, is answered as such.
  const first = await pieces.next()
  response.writeHead(200, {
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': `attachment; filename="job-${uid.replace(/[^\w-]/g, '')}.log"`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  async function* all() {
    if (first.done) return
    yield first.value
    yield* pieces
  }
  await pipeline(Readable.from(all(), { highWaterMark: 2 }), response, { signal })
}
