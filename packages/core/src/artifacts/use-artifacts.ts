import type { Readable } from 'node:stream'
import { allow, recordAudit } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/ctx.ts'
import { cleanRelativePath, partsOfKey } from './key.rules.ts'
import type { ArtifactEntry } from './store.ts'

/** A path in a workspace's artifacts: `<experiment>/<run>/artifacts/…`. */
type InArtifacts = { workspace: string; path: string }

function keyOf(input: InArtifacts): string {
  return `${input.workspace}/${partsOfKey(input.path).join('/')}`
}

/** The entries of a folder, by name. A file, or what is not there, has none. */
export async function listArtifacts(ctx: Ctx, input: InArtifacts): Promise<ArtifactEntry[]> {
  await allow(ctx, { verb: 'get', resource: 'experiments', namespace: input.workspace })
  const path = cleanRelativePath(input.path)
  return ctx.artifacts.list(path === '' ? input.workspace : `${input.workspace}/${path}`)
}

/** The artifact's bytes; the caller must read or destroy them. Throws `not_found`. */
export async function readArtifact(ctx: Ctx, input: InArtifacts): Promise<{ body: Readable; sizeBytes: number }> {
  await allow(ctx, { verb: 'get', resource: 'experiments', namespace: input.workspace })
  return ctx.artifacts.read(keyOf(input))
}

/** Writes an artifact, whole or not at all; one of the same path is replaced. */
export async function writeArtifact(ctx: Ctx, input: InArtifacts & { body: Readable }): Promise<{ sizeBytes: number }> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  return ctx.artifacts.write(keyOf(input), input.body, ctx.signal)
}

/** Deletes an artifact, or a folder with all that is in it. What is not there is no error. */
export async function deleteArtifacts(ctx: Ctx, input: InArtifacts): Promise<void> {
  await allow(ctx, { verb: 'delete', resource: 'experiments', namespace: input.workspace }, { fresh: true })
  const key = keyOf(input)
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, { workspace: input.workspace, action: 'artifacts.delete', subject: `artifact/${input.path}` })
    // Last in the transaction: an audit row may speak of a deletion that failed, never the other way round.
    await ctx.artifacts.delete(key)
  })
}
