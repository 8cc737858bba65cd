import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { GetObject, ObjectDetail } from '@keelson/contracts/objects'
import type { ApiKind } from '@keelson/kube'
import { type AccessDecision, screenDecision } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { editableOf, etagOf, isSecret, masked } from './editable.rules.ts'
import { findKind, placeOf, shownKind } from './find-kind.ts'
import { toYaml } from './yaml.rules.ts'

/** An object as a person may change it, and beside it what the server says of it. */
export async function getObject(ctx: Ctx, input: GetObject): Promise<ObjectDetail> {
  const { workspace, name } = input
  const api = asActor(ctx)
  const kind = await findKind(api, workspace, input)
  const object = await api.get<KubeObject>(kind, { ...placeOf(kind, workspace), name })
  const { metadata, status } = object
  return {
    kind: shownKind(kind),
    name,
    namespace: metadata.namespace ?? null,
    uid: metadata.uid ?? '',
    createdAt: metadata.creationTimestamp ?? null,
    deleting: metadata.deletionTimestamp !== undefined,
    yaml: toYaml(shownText(object, kind, input.reveal)),
    etag: etagOf(object, kind),
    status: kind.hasStatus && status !== undefined ? toYaml(status) : null,
    managedFields: metadata.managedFields === undefined ? null : toYaml(metadata.managedFields),
    owners: (metadata.ownerReferences ?? []).map((owner) => ({ kind: owner.kind, name: owner.name })),
    masked: isSecret(kind) && !input.reveal,
    update: decide(ctx, kind, 'update', workspace, name),
    delete: decide(ctx, kind, 'delete', workspace, name),
  }
}

/** The editable part, a Secret's values masked unless they are asked for. */
export function shownText(object: KubeObject, kind: ApiKind, reveal: boolean, before?: KubeObject): KubeObject {
  const editable = editableOf(object, kind)
  return isSecret(kind) && !reveal ? masked(editable, before) : editable
}

function decide(
  ctx: Ctx,
  kind: ApiKind,
  verb: 'update' | 'delete',
  namespace: string | null,
  name: string,
): AccessDecision {
  if (!kind.verbs.includes(verb))
    return { allowed: false, reason: `The cluster lets nobody ${verb} ${kind.kind} objects.` }
  return screenDecision(ctx, { verb, group: kind.group, resource: kind.plural, namespace, name })
}
