import { randomInt } from 'node:crypto'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { KubeliteClient } from '../client.ts'
import { type Pod, pods } from '../node/types.ts'
import type { Cache } from './cache.ts'
import { controllerOf, type PodTemplate } from './job-types.ts'

/** Pods by the uid of the object that controls them. */
export function ownedPods(cache: Cache<Pod>, owner: KubeObject): Pod[] {
  return cache.list(owner.metadata.namespace).filter((pod) => controllerOf(pod)?.uid === owner.metadata.uid)
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

/** Deletes a pod that may be gone already. */
export async function deletePod(client: KubeliteClient, pod: Pod): Promise<void> {
  const { namespace, name = '', uid } = pod.metadata
  await client.delete(pods, { namespace, name }, uid === undefined ? {} : { uid }).catch((error) => {
    if ((error as { code?: number }).code !== 404) throw error
  })
}

/** As long as a name with its suffix may be. */
export function namePrefix(name: string): string {
  return `${name.slice(0, 57)}-`
}
