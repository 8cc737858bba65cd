/** History of StatefulSets and DaemonSets: a ControllerRevision per pod template (k8s.io/kubernetes/pkg/controller/history). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { sameJson } from '../patch/json-patch.ts'
import type { Cache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import { templateHash } from './deployment-plan.ts'
import { controllerOf, type PodTemplate } from './job-types.ts'

export type ControllerRevision = KubeObject & { data: unknown; revision: number }
export const controllerRevisions = { group: 'apps', version: 'v1', plural: 'controllerrevisions' } as const

type Owner = KubeObject & {
  spec: { template: PodTemplate; revisionHistoryLimit?: number }
  status?: { collisionCount?: number }
}

const dataOf = (template: PodTemplate) => ({ spec: { template: { ...template, $patch: 'replace' } } })

/** The template that a revision keeps. */
export function templateOf(revision: ControllerRevision): PodTemplate {
  const { $patch: _, ...template } = (revision.data as ReturnType<typeof dataOf>).spec.template
  return template
}

/** The owner's revisions, oldest first. */
export const revisionsOf = (cache: Cache<ControllerRevision>, owner: KubeObject): ControllerRevision[] =>
  cache
    .list(owner.metadata.namespace)
    .filter((each) => controllerOf(each)?.uid === owner.metadata.uid)
    .sort((a, b) => a.revision - b.revision)

/**
 * The revision of the owner's template as it is now: a new one, or an old one that comes back with the highest number
 * (`rollout undo`). `hashLabel` is the label that carries the hash.
 */
export async function currentRevision(
  { client }: ControllerContext,
  cache: Cache<ControllerRevision>,
  owner: Owner,
  hashLabel: string,
): Promise<ControllerRevision> {
  const known = revisionsOf(cache, owner)
  const data = dataOf(owner.spec.template)
  const same = known.findLast((each) => sameJson(each.data, data))
  const newest = known.at(-1)?.revision ?? 0
  if (same !== undefined) {
    if (same.revision === newest) return same
    const renewed = await client.update<ControllerRevision>(controllerRevisions, { ...same, revision: newest + 1 })
    cache.put(renewed)
    return renewed
  }
  const { name = '', namespace = '', uid = '', annotations } = owner.metadata
  const hash = templateHash(owner.spec.template)
  const made = await client.create<ControllerRevision>(controllerRevisions, {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...owner.spec.template.metadata?.labels, [hashLabel]: hash },
      ...(annotations ? { annotations } : {}),
      ownerReferences: [
        { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    data,
    revision: newest + 1,
  })
  cache.put(made)
  return made
}

/** Drops the oldest revisions beyond the limit that nothing runs on. */
export async function trimRevisions(
  { client }: ControllerContext,
  cache: Cache<ControllerRevision>,
  owner: Owner,
  live: ReadonlySet<string>,
): Promise<void> {
  const idle = revisionsOf(cache, owner).filter((each) => !live.has(each.metadata.name ?? ''))
  const surplus = idle.length - (owner.spec.revisionHistoryLimit ?? 10)
  for (const revision of idle.slice(0, Math.max(0, surplus))) {
    const { namespace, name = '' } = revision.metadata
    await client.delete(controllerRevisions, { namespace, name }).catch((error: { code?: number }) => {
      if (error.code !== 404) throw error
    })
  }
}
