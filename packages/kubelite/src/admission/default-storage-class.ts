/** DefaultStorageClass: a claim that names no class gets the one marked as default; of several the newest. */
import { type AdmissionPlugin, specOf } from './plugin.ts'

const marks = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  mutate: ({ resource, operation, subresource, object, store }) => {
    if (resource.kind !== 'PersistentVolumeClaim' || resource.group !== '' || operation !== 'CREATE') return
    if (subresource !== '' || object === undefined) return
    const spec = specOf(object)
    const annotated = object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined
    if (spec.storageClassName !== undefined || annotated) return
    const [newest] = [...store.headEntries('storage.k8s.io/storageclasses')]
      .map((entry) => entry.object.metadata)
      .filter(({ annotations }) => marks.some((mark) => annotations?.[mark] === 'true'))
      .sort(
        (a, b) =>
          String(b.creationTimestamp).localeCompare(String(a.creationTimestamp)) ||
          String(a.name).localeCompare(String(b.name)),
      )
    if (newest?.name !== undefined) spec.storageClassName = newest.name
  },
}
