import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Informer } from '@keelson/kube'

/** Objects by a key of their own making, kept true by an informer. */
export type Index<T> = { get(key: string): T[]; keys(): string[] }

export function indexBy<T extends KubeObject>(
  informer: Informer<T>,
  keyOf: (object: T) => string | undefined,
): Index<T> {
  const groups = new Map<string, Map<string, T>>()
  informer.onEvent(({ type, object }) => {
    const key = keyOf(object)
    const uid = object.metadata.uid
    if (key === undefined || uid === undefined) return
    const group = groups.get(key) ?? new Map<string, T>()
    if (type === 'deleted') group.delete(uid)
    else group.set(uid, object)
    if (group.size === 0) groups.delete(key)
    else groups.set(key, group)
  })
  return { get: (key) => [...(groups.get(key)?.values() ?? [])], keys: () => [...groups.keys()] }
}
