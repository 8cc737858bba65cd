import type { ListedKind, ListKinds } from '@keelson/contracts/objects'
import { screenDecision } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { createDecision, shownKind } from './find-kind.ts'

/** The kinds whose objects can be looked at, each in the version that its group prefers: those of a workspace, or all. */
export async function listKinds(ctx: Ctx, { workspace }: ListKinds): Promise<ListedKind[]> {
  const kinds = await asActor(ctx).discover()
  return kinds
    .filter((kind) => kind.preferred && kind.verbs.includes('list') && kind.verbs.includes('get'))
    .filter((kind) => workspace === null || kind.namespaced)
    .map((kind) => ({
      ...shownKind(kind),
      list: screenDecision(ctx, { verb: 'list', group: kind.group, resource: kind.plural, namespace: workspace }),
      create: createDecision(ctx, kind, workspace),
    }))
    .sort((one, other) => one.kind.localeCompare(other.kind) || one.group.localeCompare(other.group))
}
