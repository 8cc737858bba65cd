import { randomInt } from 'node:crypto'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { KubeliteClient, Ref } from '../client.ts'
import { type Pod, pods, refOf } from '../node/types.ts'
import type { Cache } from './cache.ts'
import { controllerOf, isFinished, type LabelSelector, type PodTemplate } from './job-types.ts'
import { selects } from './workload-types.ts'

/** Where the pods of an owner are, by their uids; what they are stands in the cache alone. */
type OwnerIndex = Map<string, Map<string, Ref>>
const indexes = new WeakMap<Cache<Pod>, OwnerIndex>()

/** Pods by the uid of the object that controls them. Each of a thousand jobs looks for its own at every step. */
export function ownedPods(cache: Cache<Pod>, owner: KubeObject): Pod[] {
  const index = indexes.get(cache) ?? openIndex(cache)
  return [...(index.get(owner.metadata.uid ?? '') ?? [])].flatMap(([uid, ref]) => {
    const pod = cache.get(ref)
    return pod?.metadata.uid === uid ? [pod] : []
  })
}

function openIndex(cache: Cache<Pod>): OwnerIndex {
  const index: OwnerIndex = new Map()
  const ownerOf = new Map<string, string>()
  cache.onEvent(({ type, object }) => {
    const { uid = '' } = object.metadata
    const owner = type === 'deleted' ? undefined : controllerOf(object)?.uid
    const before = ownerOf.get(uid)
    if (before !== undefined && before !== owner) {
      const left = index.get(before)
      left?.delete(uid)
      if (left?.size === 0) index.delete(before)
      ownerOf.delete(uid)
    }
    if (owner === undefined) return
    ownerOf.set(uid, owner)
    const owned = index.get(owner) ?? new Map<string, Ref>()
    index.set(owner, owned.set(uid, refOf(object)))
  })
  indexes.set(cache, index)
  return index
}

const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** Five letters that spell no word, as the API server's generateName. */
export function nameSuffix(): string {
  return Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('')
}

/** A pod from a template, controlled by `owner`. */
export function podFromTemplate(owner: KubeObject, template: PodTemplate, name: string): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: name.slice(0, -5),
      namespace: owner.metadata.namespace ?? '',
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [
        {
          apiVersion: owner.apiVersion,
          kind: owner.kind,
          name: owner.metadata.name ?? '',
          uid: owner.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: structuredClone(template.spec),
  }
}

/** Pods that match and have no controller become the owner's own; `suits` says which of them. */
export async function adoptPods(
  { client }: { client: KubeliteClient },
  owner: KubeObject,
  selector: LabelSelector,
  cache: Cache<Pod>,
  suits: (pod: Pod) => boolean = () => true,
): Promise<void> {
  for (const pod of cache.list(owner.metadata.namespace)) {
    if (
      controllerOf(pod) ||
      isFinished(pod) ||
      pod.metadata.deletionTimestamp !== undefined ||
      !selects(selector, pod.metadata.labels) ||
      !suits(pod)
    )
      continue
    const { name = '', uid = '' } = owner.metadata
    const { apiVersion, kind } = owner
    const reference = { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
    cache.put(
      await client.patch<Pod>(pods, refOf(pod), {
        metadata: { uid: pod.metadata.uid, ownerReferences: [...(pod.metadata.ownerReferences ?? []), reference] },
      }),
    )
  }
}

/** Deletes a pod that may be gone already; the cache knows at once that it is going. */
export async function deletePod(client: KubeliteClient, pod: Pod, cache: Cache<Pod>): Promise<void> {
  const { namespace, name = '', uid } = pod.metadata
  await client.delete(pods, { namespace, name }, uid === undefined ? {} : { uid }).catch((error) => {
    if ((error as { code?: number }).code !== 404) throw error
  })
  // The watch may have told of its end already: it must not come back as a ghost.
  const known = cache.get({ namespace, name })
  if (known?.metadata.uid === uid && known?.metadata.deletionTimestamp === undefined)
    cache.put({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: new Date().toISOString() } })
}

/** As long as a name with its suffix may be. */
export function namePrefix(name: string): string {
  return `${name.slice(0, 57)}-`
}
