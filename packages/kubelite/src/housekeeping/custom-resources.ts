/** CRDs: established when they come, served while they are there, their objects deleted before they go. */

import { kubeTime } from '../api/object-meta.ts'
import type { Operations } from '../api/operations.ts'
import { sameJson } from '../patch/json-patch.ts'
import { crdFinalizer, establishedStatus, namingOf, registerCrd, resourcesOf } from '../registry/custom.ts'
import { storageKey } from '../registry/resource.ts'
import { StatusError } from '../status-error.ts'
import type { StoreEvent } from '../store/store.ts'
import { systemContext } from './namespaces.ts'

export const crdTable = 'apiextensions.k8s.io/customresourcedefinitions'

/** Serves every stored CRD: for the start. */
export function registerStoredCrds(operations: Operations): void {
  for (const entry of operations.store.entries(crdTable))
    registerCrd(operations.registry, entry.object, crds(operations))
}

const crds = ({ store }: Operations) => [...store.entries(crdTable)].map((entry) => entry.object)

/** In the same turn as the commit, so that whoever heard "created" can use the kind at once. */
export function observeCrd(operations: Operations, event: StoreEvent): void {
  const { registry } = operations
  if (event.op === 'd') registry.removeCustom(event.entry.object.metadata.name ?? '')
  else registerCrd(registry, event.entry.object, crds(operations))
}

export async function reconcileCrd(operations: Operations, name: string): Promise<void> {
  const { store, registry, clock } = operations
  const crd = store.get(crdTable, name)
  const resource = registry.find({ group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' })
  if (crd === undefined || resource === undefined) return
  const target = { resource, namespace: undefined, name }
  const context = systemContext('kube-apiserver')
  if (crd.object.metadata.deletionTimestamp === undefined) {
    const status = establishedStatus(crd.object, namingOf(crd.object, crds(operations)), kubeTime(clock.now()))
    if (sameJson(status, crd.object.status)) return
    await operations.update(target, (current) => ({ ...current, status }), context, 'status')
    return
  }
  if (!crd.object.metadata.finalizers?.includes(crdFinalizer)) return
  const [first] = resourcesOf(crd.object)
  const left = first === undefined ? [] : [...store.entries(storageKey(first))]
  for (const entry of left) {
    if (first === undefined || entry.object.metadata.deletionTimestamp !== undefined) continue
    await operations
      .remove(
        { resource: first, namespace: entry.object.metadata.namespace, name: entry.object.metadata.name ?? '' },
        { propagationPolicy: 'Background' },
        context,
      )
      .catch((error: unknown) => {
        if (!(error instanceof StatusError) || error.code !== 404) throw error
      })
  }
  if (first !== undefined && [...store.entries(storageKey(first))].length > 0) return
  await operations
    .update(
      target,
      (current) =>
        current === undefined
          ? current
          : {
              ...current,
              metadata: {
                ...current.metadata,
                finalizers: (current.metadata.finalizers ?? []).filter((item) => item !== crdFinalizer),
              },
            },
      context,
    )
    .catch((error: unknown) => {
      if (!(error instanceof StatusError) || error.code !== 404) throw error
    })
}
