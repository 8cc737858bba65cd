import type { ListObjects, ObjectPage } from '@keelson/contracts/objects'
import { asActor, type Ctx } from '../context/index.ts'
import { createDecision, findKind, placeOf, shownKind } from './find-kind.ts'

/** One page of a kind's objects in the server's own columns, as the person. */
export async function listObjects(ctx: Ctx, input: ListObjects): Promise<ObjectPage> {
  const { workspace, labelSelector, cursor, limit } = input
  const api = asActor(ctx)
  const kind = await findKind(api, workspace, input)
  const page = await api.table(kind, {
    ...placeOf(kind, workspace),
    ...(labelSelector === undefined || labelSelector === '' ? {} : { labelSelector }),
    ...(cursor === undefined || cursor === '' ? {} : { continue: cursor }),
    limit,
  })
  return {
    kind: shownKind(kind),
    columns: page.columns.map(({ name, type, description, priority }) => ({
      name,
      type,
      description,
      wide: priority > 0,
    })),
    items: page.rows.map(({ metadata, cells }) => ({
      name: metadata.name ?? '',
      namespace: metadata.namespace ?? null,
      uid: metadata.uid ?? '',
      createdAt: metadata.creationTimestamp ?? null,
      cells: cells.map(plainCell),
    })),
    nextCursor: page.continue ?? null,
    create: createDecision(ctx, kind, workspace),
  }
}

/** A column of a custom resource may hold any JSON. */
function plainCell(cell: unknown): string | number | boolean | null {
  if (cell === null || cell === undefined) return null
  return typeof cell === 'string' || typeof cell === 'number' || typeof cell === 'boolean' ? cell : JSON.stringify(cell)
}
