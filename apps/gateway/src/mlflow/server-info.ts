import { isAllowed } from '@keelson/core/access'
import type { Ctx } from '@keelson/core/context'
import { AppError } from '@keelson/process/app-error'
import { type Operation, operation } from './operation.ts'
import { required, text } from './wire-input.ts'

/** The MLflow release whose API this is. */
export const serverVersion = '3.17.2'

/** What clients ask before they use artifacts and workspaces. Read without signing in: nothing of the installation is in it. */
export const serverInfo = {
  store_type: 'SqlStore',
  workspaces_enabled: true,
  trace_archival_enabled: false,
  multipart_uploads_enabled: false,
  multipart_downloads_enabled: false,
  presigned_upload_run_id_supported: false,
  presigned_upload_model_id_supported: false,
  features_enabled: { gateway: false },
}

function mayRead(ctx: Ctx, workspace: string): boolean {
  return isAllowed(ctx, { verb: 'list', resource: 'experiments', namespace: workspace })
}

/** MLflow's workspaces are ours. They are made and deleted on the dashboard. */
export const workspaceOperations: readonly Operation[] = [
  operation('GET', 'workspaces', {}, async ({ ctx, workspace }) => {
    const known = ctx.access.namespacesOf(ctx.actor)
    const names = [...new Set([workspace, ...known.names])].filter((name) => mayRead(ctx, name)).sort()
    return { workspaces: names.map((name) => ({ name })) }
  }),
  operation('GET', 'workspaces/:workspace_name', { workspace_name: required(text) }, async ({ ctx, input }) => {
    if (!mayRead(ctx, input.workspace_name))
      throw new AppError('not_found', `Workspace '${input.workspace_name}' not found`)
    return { workspace: { name: input.workspace_name } }
  }),
  operation(['POST'], 'workspaces', {}, notHere),
  operation(['PATCH', 'DELETE'], 'workspaces/:workspace_name', {}, notHere),
]

async function notHere(): Promise<object> {
  throw new AppError('unimplemented', 'Workspaces are made and changed on the dashboard, not through the MLflow API.')
}
