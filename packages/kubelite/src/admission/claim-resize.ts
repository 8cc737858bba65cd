/** PersistentVolumeClaimResize: only bound claims of a class that allows it may grow. */
import { isObject } from '../schema/node.ts'
import { parseQuantity } from '../schema/parse-quantity.ts'
import { type AdmissionPlugin, refuse, specOf } from './plugin.ts'

export const claimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  validate: (request) => {
    const { resource, operation, subresource, object, old, store } = request
    if (resource.kind !== 'PersistentVolumeClaim' || resource.group !== '') return
    if (operation !== 'UPDATE' || subresource !== '' || !(sizeOf(object) > sizeOf(old))) return
    if (!isObject(old?.status) || old.status.phase !== 'Bound') return
    const className = String(specOf(old).storageClassName ?? '')
    if (store.head('storage.k8s.io/storageclasses', className)?.object.allowVolumeExpansion === true) return
    throw refuse(
      request,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
  },
}

function sizeOf(claim: Parameters<typeof specOf>[0]): number {
  const spec = specOf(claim) as { resources?: { requests?: { storage?: string } } }
  return parseQuantity(spec.resources?.requests?.storage)
}
