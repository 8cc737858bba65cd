/**
 * The files of a volume: `/workspaces/<ws>/volumes/<volume>/files/<call>`, for the dashboard and for programs. Every call is decided here;
 * then it goes to the volume's file server, with what proves that it comes from here, and nothing of the caller's.
 */
import { Agent, type IncomingMessage } from 'node:http'
import { WorkspaceName } from '@keelson/contracts/ids'
import { VolumeName } from '@keelson/contracts/volumes'
import { allow, recordAudit } from '@keelson/core/access'
import { type Ctx, inTransaction, refuseView } from '@keelson/core/context'
import { filesQuestion, fileViewerName } from '@keelson/core/volumes'
import type { WebAppRoutes } from '@keelson/core/webapps'
import { AppError } from '@keelson/process/app-error'
import { type Exchange, forward } from '../front/exchange.ts'
import { callerOf, type FrontCall, type FrontRoute } from '../front/route.ts'
import { type FilesCall, filesAnswer, filesQuery, findFilesCall } from './files-call.rules.ts'

type Options = { routes: Pick<WebAppRoutes, 'find'> }
type Where = { workspace: string; name: string }

export function filesRoute({ routes }: Options): FrontRoute {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 16 })
  return {
    name: 'volume-files',
    pattern: '/workspaces/:workspace/volumes/:volume/files/:call',
    maxBodyBytes: null,
    handle: async (call) => {
      const core = callerOf(call)
      const where = whereOf(call)
      call.note({ workspace: where.workspace, name: where.name })
      // Content is what the person's own eyes may see: who looks as somebody else does not.
      refuseView(core.actor)
      const asked = findFilesCall(call.request.method ?? '', call.match.params.call ?? '')
      await allow(core, filesQuestion(where), { fresh: asked.change !== null })
      const query = filesQuery(asked, call.match.query)
      const exchange = exchangeOf(core, routes, { call, asked, where, query })
      if (asked.change !== null && (query.offset ?? '0') === '0') await record(core, where, asked.change, query)
      await forward(exchange, agent, call)
    },
  }
}

function whereOf({ match }: FrontCall): Where {
  const workspace = WorkspaceName.safeParse(match.params.workspace)
  const name = VolumeName.safeParse(match.params.volume)
  if (!workspace.success || !name.success) throw new AppError('not_found', 'There is no such volume.')
  return { workspace: workspace.data, name: name.data }
}

type Asked = { call: FrontCall; asked: FilesCall; where: Where; query: Record<string, string> }

function exchangeOf(core: Ctx, routes: Options['routes'], { call, asked, where, query }: Asked): Exchange {
  const viewer = { workspace: where.workspace, name: fileViewerName(where.name) }
  const route = routes.find({ kind: 'pvcviewer', ...viewer })
  if (route === null || !route.isFileBrowser || core.fileToken === undefined)
    throw new AppError('precondition', 'Nothing shows the files of this volume at the moment: open them first.')
  const [upstream] = route.targets
  if (upstream === undefined) throw new AppError('unavailable', 'The file browser is being started.')
  const { path = '' } = query
  const last = path.slice(path.lastIndexOf('/') + 1)
  const isArchive = call.match.params.call === 'archive'
  const name = isArchive ? `${last || where.name}.zip` : last
  const isShown = call.match.query.get('show') === '1' && !isArchive
  return {
    title: 'The file browser',
    upstream,
    path: `/${call.match.params.call}?${new URLSearchParams(query)}`,
    headers: headersOf(call.request, core.fileToken(viewer)),
    answerHeaders: (answer) => filesAnswer(answer, { call: asked, path, name, isShown }),
  }
}

/** How the body is framed and which part of a file is wanted: nothing else of a request concerns the file server. */
function headersOf({ headers }: IncomingMessage, token: string) {
  const { range, 'content-length': length } = headers
  return {
    authorization: `Bearer ${token}`,
    host: 'files',
    ...(range === undefined ? {} : { range }),
    ...(headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }),
    ...(length === undefined ? {} : { 'content-length': length }),
  }
}

/** Before it is done: what is on the volume then is on record, whatever happens in between. */
async function record(core: Ctx, { workspace, name }: Where, change: string, query: Record<string, string>) {
  const { path = '', to } = query
  const after = { change, path: path.slice(0, 1_000), ...(to === undefined ? {} : { to: to.slice(0, 1_000) }) }
  await inTransaction(core, (tx) =>
    recordAudit(tx, { workspace, action: 'volumes.changeFiles', subject: `volume/${name}`, after }),
  )
}
