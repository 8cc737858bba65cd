/** Namespace life cycle: default account and CA in each, contents deleted when it goes. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Operations } from '../api/operations.ts'
import type { WriteContext } from '../api/types.ts'
import { storageKey } from '../registry/resource.ts'
import { isObject } from '../schema/node.ts'
import { StatusError } from '../status-error.ts'
import type { Entry } from '../store/store.ts'

export const systemContext = (manager: string): WriteContext => ({
  user: { username: `system:${manager}`, groups: ['system:masters', 'system:authenticated'] },
  dryRun: false,
  fieldManager: manager,
  fieldValidation: 'Ignore',
  warnings: [],
})

/** Writes `spec.finalizers` of a namespace; the last one gone, the namespace goes. */
export async function finalizeNamespace(
  operations: Operations,
  name: string,
  finalizers: readonly string[],
): Promise<Entry> {
  const { store } = operations
  const entry = await store.write('/namespaces', name, (current) => {
    if (current === undefined)
      throw new StatusError(404, 'NotFound', `namespaces "${name}" not found`, { name, kind: 'namespaces' })
    const object: KubeObject = {
      ...current.object,
      spec: { ...(isObject(current.object.spec) ? current.object.spec : {}), finalizers },
    }
    const ends =
      finalizers.length === 0 &&
      object.metadata.deletionTimestamp !== undefined &&
      (object.metadata.finalizers ?? []).length === 0
    return ends ? { op: 'delete', object } : { op: 'put', object }
  })
  if (entry === undefined) throw new StatusError(404, 'NotFound', `namespaces "${name}" not found`)
  return entry
}

/** Keeps `default` and `kube-root-ca.crt` in every namespace. Level-based: safe to call at any time. */
export async function furnishNamespace(operations: Operations, name: string, ca: string): Promise<void> {
  const { store, registry } = operations
  const accounts = registry.find({ group: '', version: 'v1', plural: 'serviceaccounts' })
  const configs = registry.find({ group: '', version: 'v1', plural: 'configmaps' })
  const namespace = store.get('/namespaces', name)
  if (
    accounts === undefined ||
    configs === undefined ||
    namespace === undefined ||
    namespace.object.metadata.deletionTimestamp !== undefined
  )
    return
  if (store.get('/serviceaccounts', `${name}/default`) === undefined) {
    await ignoreExisting(
      operations.create(
        accounts,
        name,
        { metadata: { name: 'default', namespace: name } },
        systemContext('serviceaccount-controller'),
      ),
    )
  }
  const map = store.get('/configmaps', `${name}/kube-root-ca.crt`)
  const data = { 'ca.crt': ca }
  if (map === undefined) {
    const annotations = {
      'kubernetes.io/description':
        'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
    }
    await ignoreExisting(
      operations.create(
        configs,
        name,
        { metadata: { name: 'kube-root-ca.crt', namespace: name, annotations }, data },
        systemContext('root-ca-certificate-publisher'),
      ),
    )
  } else if (!isObject(map.object.data) || map.object.data['ca.crt'] !== ca) {
    await operations.update(
      { resource: configs, namespace: name, name: 'kube-root-ca.crt' },
      (current) => ({ ...current, data }),
      systemContext('root-ca-certificate-publisher'),
    )
  }
}

async function ignoreExisting(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    // Another writer made it, or the namespace began to end: both are fine.
    if (!(error instanceof StatusError) || (error.code !== 409 && error.code !== 403 && error.code !== 404)) throw error
  }
}

/** Deletes what a terminating namespace holds; true when nothing is left. */
export async function emptyNamespace(operations: Operations, name: string): Promise<boolean> {
  const { store, registry } = operations
  let left = 0
  for (const resource of registry.stored()) {
    if (!resource.namespaced) continue
    const found = [...store.entries(storageKey(resource))].filter((entry) => entry.object.metadata.namespace === name)
    left += found.length
    for (const entry of found) {
      if (entry.object.metadata.deletionTimestamp !== undefined) continue
      await operations
        .remove(
          { resource, namespace: name, name: entry.object.metadata.name ?? '' },
          { propagationPolicy: 'Background' },
          systemContext('namespace-controller'),
        )
        .catch((error: unknown) => {
          if (!(error instanceof StatusError) || error.code !== 404) throw error
        })
    }
  }
  return left === 0
}
