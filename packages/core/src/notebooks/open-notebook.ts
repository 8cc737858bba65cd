import { AppError } from '@keelson/process/app-error'
import { type AccessQuestion, allow, recordAudit } from '../access/index.ts'
import { type Ctx, inTransaction, refuseView } from '../context/index.ts'
import type { NotebookRoute } from './notebook-route.rules.ts'
import type { NotebookRoutes } from './watch-notebook-routes.ts'

/** Who opens a notebook runs code as its service account: a right of its own, which contributors have and viewers have not. */
export function connectQuestion({ workspace, name }: { workspace: string; name: string }): AccessQuestion {
  return { verb: 'create', resource: 'notebooks/connect', namespace: workspace, name }
}

/**
 * Lets a person into a notebook: asks the API server itself, and writes down who opened it. Throws `forbidden` before it says
 * whether there is such a notebook, `not_found` after.
 */
export async function openNotebook(
  ctx: Ctx,
  routes: Pick<NotebookRoutes, 'find'>,
  asked: { workspace: string; name: string },
): Promise<NotebookRoute> {
  refuseView(ctx.actor)
  await allow(ctx, connectQuestion(asked), { fresh: true })
  const route = existingRoute(routes, asked)
  await inTransaction(ctx, (tx) =>
    recordAudit(tx, {
      workspace: asked.workspace,
      action: 'notebooks.open',
      subject: `notebook/${asked.name}`,
      after: { uid: route.uid },
    }),
  )
  return route
}

export function existingRoute(
  routes: Pick<NotebookRoutes, 'find'>,
  { workspace, name }: { workspace: string; name: string },
): NotebookRoute {
  const route = routes.find(workspace, name)
  if (route === null) throw new AppError('not_found', `There is no notebook ${name} in workspace ${workspace}.`)
  return route
}
