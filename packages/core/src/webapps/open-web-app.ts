import { AppError } from '@keelson/process/app-error'
import { type AccessQuestion, allow, recordAudit } from '../access/index.ts'
import { type Ctx, inTransaction, refuseView } from '../context/index.ts'
import type { WebAppRoutes } from './watch-web-app-routes.ts'
import { type WebAppName, type WebAppRoute, webApps } from './web-app.rules.ts'

/**
 * Who opens a notebook runs code as its service account, and who opens a volume's files or a TensorBoard reads (and writes) what pods
 * keep: a right of its own for each kind, which contributors have and viewers have not.
 */
export function connectQuestion({ kind, workspace, name }: WebAppName): AccessQuestion {
  return { verb: 'create', resource: `${webApps[kind].resource.plural}/connect`, namespace: workspace, name }
}

/**
 * Lets a person into a web app: asks the API server itself, and writes down who opened it. Throws `forbidden` before it says
 * whether there is such a thing, `not_found` after.
 */
export async function openWebApp(
  ctx: Ctx,
  routes: Pick<WebAppRoutes, 'find'>,
  asked: WebAppName,
): Promise<WebAppRoute> {
  refuseView(ctx.actor)
  await allow(ctx, connectQuestion(asked), { fresh: true })
  const route = existingRoute(routes, asked)
  await inTransaction(ctx, (tx) =>
    recordAudit(tx, {
      workspace: asked.workspace,
      action: `${webApps[asked.kind].resource.plural}.open`,
      subject: `${asked.kind}/${asked.name}`,
      after: { uid: route.uid },
    }),
  )
  return route
}

export function existingRoute(routes: Pick<WebAppRoutes, 'find'>, asked: WebAppName): WebAppRoute {
  const route = routes.find(asked)
  if (route === null)
    throw new AppError(
      'not_found',
      `There is no ${webApps[asked.kind].noun} ${asked.name} in workspace ${asked.workspace}.`,
    )
  return route
}
