import { AppError } from '@keelson/process/app-error'
import { type ArtifactEntry, cleanRelativePath, listArtifacts } from '../artifacts/index.ts'
import type { Ctx } from '../context/index.ts'
import { getRun } from './get-run.ts'
import { getLoggedModel } from './logged-models.ts'

/**
 * The path in the workspace's artifacts that a URI of our own store names. Throws `unimplemented` for other stores: their
 * artifacts are read by the client with its own access.
 */
export function artifactPathOf(uri: string): string {
  const own = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.+)$/.exec(uri)?.[1]
  if (own === undefined)
    throw new AppError('unimplemented', `These artifacts are kept outside of Keelson, at ${uri}: read them there.`)
  return own.replace(/\/+$/, '')
}

/** One folder of a run's or a logged model's artifacts; paths are relative to its root. */
async function below(
  ctx: Ctx,
  workspace: string,
  rootUri: string,
  path: string,
): Promise<{ rootUri: string; entries: ArtifactEntry[] }> {
  const folder = cleanRelativePath(path)
  const root = artifactPathOf(rootUri)
  const entries = await listArtifacts(ctx, { workspace, path: folder === '' ? root : `${root}/${folder}` })
  return {
    rootUri,
    entries: entries.map((entry) => ({ ...entry, path: folder === '' ? entry.path : `${folder}/${entry.path}` })),
  }
}

export async function listRunArtifacts(ctx: Ctx, input: { workspace: string; runId: string; path: string }) {
  const run = await getRun(ctx, input)
  return below(ctx, input.workspace, run.artifactUri, input.path)
}

export async function listLoggedModelArtifacts(ctx: Ctx, input: { workspace: string; modelId: string; path: string }) {
  const model = await getLoggedModel(ctx, input)
  return below(ctx, input.workspace, model.artifactUri, input.path)
}
